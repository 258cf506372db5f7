import type { Mode } from '../core/tenant-scope.ts'
import { plannerKey, rolloutKey } from './keys.ts'
import { type RolloutRow, rolloutRowSchema } from './rows/fleet.ts'
import type { Tables } from './tables.ts'

/** The last rollout of each mode, and what the capacity planner remembers. System rows: no tenant data. */
export class Rollouts {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  async get(mode: Mode): Promise<RolloutRow | null> {
    const item = await this.#tables.core.get(rolloutKey(mode))
    return item ? rolloutRowSchema.parse(item) : null
  }

  /** False while another one of the mode has not ended: two versions cannot both replace everything else. */
  async start(row: RolloutRow): Promise<boolean> {
    const result = await this.#tables.core.put(
      { ...rolloutKey(row.mode), ...row },
      {
        expression: 'attribute_not_exists(pk) OR NOT (#status IN (:running, :aborting))',
        values: { ':running': 'running', ':aborting': 'aborting' },
      },
    )
    return result.ok
  }

  /** False when it has ended, or is another one by now. */
  async abort(mode: Mode, id: string): Promise<boolean> {
    return this.#set(mode, id, { status: 'aborting', because: 'asked', endedAt: null })
  }

  /** What the last step did; a step of a rollout that has ended meanwhile changes nothing. */
  async note(
    mode: Mode,
    id: string,
    seen: { because: string; alarmingSince: number | null; lookedAt: number },
  ): Promise<void> {
    await this.#tables.core.update(
      rolloutKey(mode),
      {
        expression: 'SET #because = :because, #alarmingSince = :alarmingSince, #lookedAt = :lookedAt',
        values: { ':because': seen.because, ':alarmingSince': seen.alarmingSince, ':lookedAt': seen.lookedAt },
      },
      { expression: '#id = :id AND #status = :running', values: { ':id': id, ':running': 'running' } },
    )
  }

  async end(
    mode: Mode,
    id: string,
    status: 'done' | 'aborted' | 'failed',
    because: string,
    now: number,
  ): Promise<boolean> {
    return this.#set(mode, id, { status, because, endedAt: now })
  }

  async readSpareSince(mode: Mode): Promise<number | null> {
    const item = await this.#tables.core.get(plannerKey(mode))
    return typeof item?.spareSince === 'number' ? item.spareSince : null
  }

  async writeSpareSince(mode: Mode, spareSince: number | null): Promise<void> {
    await this.#tables.core.put({ ...plannerKey(mode), v: 1, spareSince })
  }

  async #set(mode: Mode, id: string, patch: Pick<RolloutRow, 'status' | 'because' | 'endedAt'>): Promise<boolean> {
    const result = await this.#tables.core.update(
      rolloutKey(mode),
      {
        expression: 'SET #status = :status, #because = :because, #endedAt = :endedAt',
        values: { ':status': patch.status, ':because': patch.because, ':endedAt': patch.endedAt },
      },
      {
        expression: '#id = :id AND #status IN (:running, :aborting)',
        values: { ':id': id, ':running': 'running', ':aborting': 'aborting' },
      },
    )
    return result.ok
  }
}
