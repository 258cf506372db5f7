import type { TenantScope } from '../core/tenant-scope.ts'
import { lanePartition } from './keys.ts'
import type { Tables } from './tables.ts'

/**
 * How far an ordered endpoint is through the events of a session: all up to `doneThrough` are delivered, ended or none of
 * its business. It only saves reading; without the row the deliveries themselves say it.
 */
export class Lanes {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  async doneThrough(endpointId: string, sessionId: string): Promise<number | null> {
    const item = await this.#tables.messages.get(this.#key(endpointId, sessionId))
    return typeof item?.doneThrough === 'number' ? item.doneThrough : null
  }

  /** Never goes back. */
  async advance(endpointId: string, sessionId: string, sequence: number): Promise<void> {
    await this.#tables.messages.update(
      this.#key(endpointId, sessionId),
      { expression: 'SET #v = :v, #doneThrough = :done', values: { ':v': 1, ':done': sequence } },
      { expression: 'attribute_not_exists(#doneThrough) OR #doneThrough < :done', values: { ':done': sequence } },
    )
  }

  #key(endpointId: string, sessionId: string) {
    return { pk: lanePartition(this.#scope, endpointId), sk: sessionId }
  }
}
