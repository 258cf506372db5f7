import type { TenantScope } from '../core/tenant-scope.ts'
import { replayKey, replayPartition, systemIndex, timeKey } from './keys.ts'
import type { Page } from './page.ts'
import { type ReplayRow, replayRowSchema } from './rows/webhook.ts'
import type { Item, Leg } from './table.ts'
import type { Tables } from './tables.ts'

/** A replay that nobody touched for this long is rung again by the sweeper. */
const WAKE_AFTER_MS = 60_000

/** Replay jobs of an endpoint (core table): durable, cancellable, with their progress. */
export class Replays {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  createLeg(row: ReplayRow): Leg {
    return {
      table: this.#tables.core.name,
      put: {
        ...replayKey(this.#scope, row.endpointId, row.id),
        ...row,
        ...systemIndex('wake', row.id, `${timeKey(row.createdAt + WAKE_AFTER_MS)}#${row.id}`),
      },
      condition: { expression: 'attribute_not_exists(pk)' },
    }
  }

  async get(endpointId: string, replayId: string): Promise<ReplayRow | null> {
    const item = await this.#tables.core.get(replayKey(this.#scope, endpointId, replayId))
    return item ? replayRowSchema.parse(item) : null
  }

  /** Newest first. */
  async list(endpointId: string, input: { limit: number; after?: Item }): Promise<Page<ReplayRow>> {
    const page = await this.#tables.core.query({
      key: { expression: '#pk = :pk', values: { ':pk': replayPartition(this.#scope, endpointId) } },
      descending: true,
      limit: input.limit,
      after: input.after,
    })
    return { items: page.items.map((item) => replayRowSchema.parse(item)), next: page.lastKey }
  }

  /** Saves the progress of a page. Null: it was canceled, or somebody else worked on the same page. */
  async advance(
    row: ReplayRow,
    progress: Pick<ReplayRow, 'status' | 'examined' | 'enqueued' | 'position' | 'completedAt'>,
    now: number,
  ): Promise<ReplayRow | null> {
    const running = progress.status === 'running'
    const result = await this.#tables.core.update(
      replayKey(this.#scope, row.endpointId, row.id),
      {
        expression: `SET #status = :status, #examined = :examined, #enqueued = :enqueued, #position = :position, #completedAt = :completedAt, #version = :version${running ? ', #xsk = :wake' : ' REMOVE #xpk, #xsk'}`,
        values: {
          ':status': progress.status,
          ':examined': progress.examined,
          ':enqueued': progress.enqueued,
          ':position': progress.position,
          ':completedAt': progress.completedAt,
          ':version': row.version + 1,
          ...(running ? { ':wake': `${timeKey(now + WAKE_AFTER_MS)}#${row.id}` } : {}),
        },
      },
      {
        expression: '#status = :running AND #version = :before',
        values: { ':running': 'running', ':before': row.version },
      },
    )
    return result.ok ? replayRowSchema.parse(result.item) : null
  }

  /** Null when it is not running any more. What it enqueued already goes out. */
  async cancel(row: ReplayRow, now: number): Promise<ReplayRow | null> {
    const result = await this.#tables.core.update(
      replayKey(this.#scope, row.endpointId, row.id),
      {
        expression: 'SET #status = :canceled, #completedAt = :now REMOVE #xpk, #xsk',
        values: { ':canceled': 'canceled', ':now': now },
      },
      { expression: '#status = :running', values: { ':running': 'running' } },
    )
    return result.ok ? replayRowSchema.parse(result.item) : null
  }
}
