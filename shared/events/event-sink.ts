import { type EventBridgeClient, PutEventsCommand } from '../aws/event-bridge.ts'
import type { EventRef } from '../store/events.ts'

export const EVENT_SOURCE = 'fleetline'
const ENTRIES_PER_CALL = 10

/**
 * Tells the world that event rows exist. It is a hint: the rows carry `unfanned` until their deliveries are written, and
 * the sweeper publishes again what stayed unfanned. An interface, so that high-volume cells can bypass the bus.
 */
export interface EventSink {
  /** @returns the refs that were not taken; the caller counts them and goes on */
  publish(refs: readonly EventRef[]): Promise<readonly EventRef[]>
}

export class EventBridgeSink implements EventSink {
  readonly #client: EventBridgeClient
  readonly #busName: string

  constructor(client: EventBridgeClient, busName: string) {
    this.#client = client
    this.#busName = busName
  }

  async publish(refs: readonly EventRef[]): Promise<readonly EventRef[]> {
    const failed: EventRef[] = []
    for (let start = 0; start < refs.length; start += ENTRIES_PER_CALL) {
      const batch = refs.slice(start, start + ENTRIES_PER_CALL)
      const answer = await this.#client.send(
        new PutEventsCommand({
          Entries: batch.map((ref) => ({
            EventBusName: this.#busName,
            Source: EVENT_SOURCE,
            DetailType: ref.type,
            Detail: JSON.stringify(ref),
          })),
        }),
      )
      if (answer.FailedEntryCount)
        failed.push(...batch.filter((_, index) => answer.Entries?.[index]?.ErrorCode !== undefined))
    }
    return failed
  }
}
