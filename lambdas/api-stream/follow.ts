import type { EventEnvelope } from '../../shared/events/envelope.ts'

/** Time between two looks at the log: one consistent query each (architecture §8). */
export const POLL_MS = 1_000
export const HEARTBEAT_MS = 15_000
/** A revoked key keeps its streams no longer than it keeps working elsewhere. */
export const RENEW_MS = 30_000
/** Below the 15 minutes of a lambda. */
export const LONGEST_MS = 14 * 60_000

/** Gives what is new since the last call, as server-sent events; moves its own position. */
export interface StreamSource {
  next(now: number): Promise<string>
  readonly pollMs: number
}

/** What a client needs first: how long to wait before it connects again. */
export const STREAM_HEAD = 'retry: 1000\n\n'
export const STREAM_HEADERS = { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' } as const

/** @param id null: the event has no place in the log and moves no position (QR) */
export const toServerSentEvent = (id: string | null, event: Omit<EventEnvelope, 'id'> & { id?: string }): string =>
  `${id === null ? '' : `id: ${id}\n`}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

/**
 * Writes until the client goes away or the time is over. Each write comes from the log by position, so that a client that
 * connects again with Last-Event-ID goes on where it was, whatever died.
 */
export const follow = async (input: {
  source: StreamSource
  /** false: end now */
  renew: (now: number) => Promise<boolean>
  write: (text: string) => void
  isGone: () => boolean
  wait: (milliseconds: number) => Promise<unknown>
  now: () => number
  endsAt: number
}): Promise<void> => {
  let spokenAt = input.now()
  let renewedAt = input.now()
  while (!input.isGone() && input.now() < input.endsAt) {
    if (input.now() - renewedAt >= RENEW_MS) {
      if (!(await input.renew(input.now()))) return
      renewedAt = input.now()
    }
    const text = await input.source.next(input.now())
    if (text) input.write(text)
    else if (input.now() - spokenAt >= HEARTBEAT_MS) input.write(': alive\n\n')
    else {
      await input.wait(input.source.pollMs)
      continue
    }
    spokenAt = input.now()
    await input.wait(text ? 0 : input.source.pollMs)
  }
}
