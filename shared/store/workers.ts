import type { Mode } from '../core/tenant-scope.ts'
import { assignedPartition, fleetIndex, SHARDS, workerKey } from './keys.ts'
import { type WorkerRow, type WorkerStatus, workerRowSchema } from './rows/fleet.ts'
import { type AssignedRow, assignedRowSchema } from './rows/session.ts'
import type { Tables } from './tables.ts'

/** A session named by the unowned index. */
export interface SessionRef {
  readonly tenantId: string
  readonly mode: Mode
  readonly sessionId: string
}

/** Worker rows and ASSIGNED partitions. System roles only: no tenant data in here but ids. */
export class Workers {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** False when the id is taken. */
  async register(row: WorkerRow): Promise<boolean> {
    const result = await this.#tables.core.put(
      { ...workerKey(row.id), ...row, ...fleetIndex(row.mode, row.id) },
      { expression: 'attribute_not_exists(pk)' },
    )
    return result.ok
  }

  async get(workerId: string): Promise<WorkerRow | null> {
    const item = await this.#tables.core.get(workerKey(workerId))
    return item ? workerRowSchema.parse(item) : null
  }

  /** All workers of a mode, dead ones too until their row is deleted. The index only names them; rows are read consistently. */
  async list(mode: Mode): Promise<WorkerRow[]> {
    const ids: string[] = []
    for await (const item of this.#tables.core.queryAll({
      index: 'system',
      key: { expression: '#xpk = :pk', values: { ':pk': fleetIndex(mode, '').xpk } },
    }))
      ids.push(String(item.xsk))
    const rows = await Promise.all(ids.map((id) => this.get(id)))
    return rows.filter((row) => row !== null)
  }

  /**
   * The process came up: STARTING → READY with its queue. A worker that nobody registered (started by hand) registers
   * itself first. @returns false when it was declared dead meanwhile
   */
  async activate(input: {
    id: string
    incarnation: number
    queueUrl: string
    taskArn: string | null
    version: string
    capacity: number
    now: number
  }): Promise<boolean> {
    const result = await this.#tables.core.update(
      workerKey(input.id),
      {
        expression:
          'SET #status = :ready, #queueUrl = :queueUrl, #taskArn = :taskArn, #version = :version, #capacity = :capacity, #heartbeat = :heartbeat',
        values: {
          ':ready': 'READY',
          ':queueUrl': input.queueUrl,
          ':taskArn': input.taskArn,
          ':version': input.version,
          ':capacity': input.capacity,
          ':heartbeat': { counter: 1, at: input.now },
        },
      },
      {
        expression: '#incarnation = :incarnation AND #status = :starting',
        values: { ':incarnation': input.incarnation, ':starting': 'STARTING' },
      },
    )
    return result.ok
  }

  /**
   * One beat. `rejected` only when the condition failed (declared dead, other incarnation): then everything is closed at
   * once. An error is thrown and means "unreachable", which is something else.
   */
  async heartbeat(input: {
    id: string
    incarnation: number
    counter: number
    rssBytes: number
    memoryBytes?: number
    loopLagMs?: number
    now: number
  }): Promise<'accepted' | 'rejected'> {
    const result = await this.#tables.core.update(
      workerKey(input.id),
      {
        expression: 'SET #heartbeat = :heartbeat, #rssBytes = :rss, #memoryBytes = :memory, #loopLagMs = :lag',
        values: {
          ':heartbeat': { counter: input.counter, at: input.now },
          ':rss': input.rssBytes,
          ':memory': input.memoryBytes ?? null,
          ':lag': input.loopLagMs ?? null,
        },
      },
      {
        expression: '#incarnation = :incarnation AND #status <> :dead',
        values: { ':incarnation': input.incarnation, ':dead': 'DEAD' },
      },
    )
    return result.ok ? 'accepted' : 'rejected'
  }

  /** DRAINING by the worker itself or an operator, DRAINED at the end. Never leaves DEAD. */
  async setStatus(workerId: string, incarnation: number, status: WorkerStatus): Promise<boolean> {
    const result = await this.#tables.core.update(
      workerKey(workerId),
      { expression: 'SET #status = :status', values: { ':status': status } },
      {
        expression: '#incarnation = :incarnation AND #status <> :dead',
        values: { ':incarnation': incarnation, ':dead': 'DEAD' },
      },
    )
    return result.ok
  }

  /**
   * Declares the incarnation dead. With `counter`, only if the heartbeat still stands there (the reaper's view);
   * without, at once (ECS says STOPPED).
   */
  async fence(workerId: string, incarnation: number, counter?: number): Promise<boolean> {
    const result = await this.#tables.core.update(
      workerKey(workerId),
      { expression: 'SET #status = :dead', values: { ':dead': 'DEAD' } },
      {
        expression: `#incarnation = :incarnation AND #status <> :dead AND #status <> :drained${counter === undefined ? '' : ' AND #heartbeat.#counter = :counter'}`,
        values: {
          ':incarnation': incarnation,
          ':dead': 'DEAD',
          ':drained': 'DRAINED',
          ...(counter === undefined ? {} : { ':counter': counter }),
        },
      },
    )
    return result.ok
  }

  /** Resets `used` to what the worker really holds; only if nobody changed it since it was read. */
  async correctUsed(workerId: string, incarnation: number, read: number, held: number): Promise<boolean> {
    const result = await this.#tables.core.update(
      workerKey(workerId),
      { expression: 'SET #used = :held', values: { ':held': held } },
      {
        expression: '#incarnation = :incarnation AND #used = :read',
        values: { ':incarnation': incarnation, ':read': read },
      },
    )
    return result.ok
  }

  async setReplaying(workerId: string, incarnation: number, sessionId: string | null): Promise<void> {
    await this.#tables.core.update(
      workerKey(workerId),
      { expression: 'SET #replaying = :session', values: { ':session': sessionId } },
      { expression: '#incarnation = :incarnation', values: { ':incarnation': incarnation } },
    )
  }

  /** A dead or drained worker's row goes only after its ASSIGNED partition reads empty. */
  async remove(workerId: string, incarnation: number): Promise<void> {
    await this.#tables.core.remove(workerKey(workerId), {
      expression: '#incarnation = :incarnation AND #status IN (:dead, :drained)',
      values: { ':incarnation': incarnation, ':dead': 'DEAD', ':drained': 'DRAINED' },
    })
  }

  /** What this incarnation holds, consistently: the worker's own truth at each heartbeat. */
  async readAssigned(workerId: string, incarnation: number): Promise<AssignedRow[]> {
    const rows: AssignedRow[] = []
    for await (const item of this.#tables.core.queryAll({
      key: { expression: '#pk = :pk', values: { ':pk': assignedPartition(workerId, incarnation) } },
    }))
      rows.push(assignedRowSchema.parse(item))
    return rows
  }

  /** Sessions that need an owner and have none (index: eventually consistent; read the lease before acting). */
  async listUnowned(limitPerShard = 100): Promise<SessionRef[]> {
    const pages = await Promise.all(
      Array.from({ length: SHARDS.unowned }, (_, shard) =>
        this.#tables.core.query({
          index: 'system',
          key: { expression: '#xpk = :pk', values: { ':pk': `X#unowned#${shard}` } },
          limit: limitPerShard,
        }),
      ),
    )
    return pages.flatMap((page) => page.items.map((item) => parseSessionPartition(String(item.pk))))
  }
}

const parseSessionPartition = (pk: string): SessionRef => {
  const [, tenantId, mode, , sessionId] = pk.split('#')
  if (!tenantId || !sessionId) throw new Error('not a session partition')
  return { tenantId, mode: mode === 'L' ? 'live' : 'test', sessionId }
}
