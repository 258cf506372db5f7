export const SEND_AT_MAX_DAYS = 90
export const WAIT_MAX_DAYS = 30

const DAY_MS = 24 * 3_600_000
const DEFAULT_WAIT_MS = DAY_MS
/** clocks of clients differ, and `now` is past when it arrives */
const PAST_TOLERANCE_MS = 5 * 60_000

/** When a message may leave and when it ends unsent; epoch milliseconds. */
export interface MessageTimes {
  readonly status: 'scheduled' | 'queued'
  /** what was asked for; null: at once */
  readonly sendAt: number | null
  readonly notBefore: number
  readonly expiresAt: number
}

export interface TimeProblem {
  readonly path: 'sendAt' | 'expiresAt'
  readonly message: string
}

/**
 * The times of a message accepted now. A moment is a moment: neither time zones nor their changes come into it.
 * @param asked ISO 8601 with an offset
 */
export const planTimes = (
  asked: { readonly sendAt?: string | undefined; readonly expiresAt?: string | undefined },
  now: number,
): MessageTimes | { readonly problems: readonly TimeProblem[] } => {
  const sendAt = asked.sendAt === undefined ? null : Date.parse(asked.sendAt)
  const notBefore = Math.max(now, sendAt ?? now)
  const expiresAt = asked.expiresAt === undefined ? notBefore + DEFAULT_WAIT_MS : Date.parse(asked.expiresAt)
  const problems: TimeProblem[] = []
  if (sendAt !== null && sendAt < now - PAST_TOLERANCE_MS)
    problems.push({ path: 'sendAt', message: 'Is in the past: leave it out to send at once' })
  if (sendAt !== null && sendAt > now + SEND_AT_MAX_DAYS * DAY_MS)
    problems.push({ path: 'sendAt', message: `Is more than ${SEND_AT_MAX_DAYS} days ahead` })
  if (expiresAt <= now) problems.push({ path: 'expiresAt', message: 'Is in the past' })
  else if (expiresAt <= notBefore) problems.push({ path: 'expiresAt', message: 'Must be after sendAt' })
  else if (expiresAt > notBefore + WAIT_MAX_DAYS * DAY_MS)
    problems.push({
      path: 'expiresAt',
      message: `Is more than ${WAIT_MAX_DAYS} days after the message may be sent`,
    })
  if (problems.length > 0) return { problems }
  return { status: notBefore > now ? 'scheduled' : 'queued', sendAt, notBefore, expiresAt }
}
