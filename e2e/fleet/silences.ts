import type { EventType } from '../../shared/contract/event-types.ts'

export interface SessionEvent {
  readonly type: EventType
  /** epoch milliseconds */
  readonly at: number
}

/** Milliseconds from each leaving (`leaving` names the event) to the next connection: one per session, its longest. */
export const silencesAfter = (events: ReadonlyMap<string, readonly SessionEvent[]>, leaving: EventType): number[] =>
  [...events.values()].flatMap((list) => {
    const silences = list
      .filter(({ type }) => type === leaving)
      .flatMap(({ at: left }) => {
        const back = list.find(({ type, at }) => type === 'session.connected' && at >= left)
        return back ? [back.at - left] : []
      })
    return silences.length > 0 ? [Math.max(...silences)] : []
  })

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

export const shown = (values: readonly number[]) => ({
  count: values.length,
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
  most: percentile(values, 1),
})
