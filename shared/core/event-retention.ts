const DAY_MS = 86_400_000

/** A day is looked at for the first time so long after its end; most plans keep it longer. */
const FIRST_LOOK_DAYS = 1

/** End of a UTC day. @param day YYYY-MM-DD */
export const endOfDay = (day: string): number => Date.parse(`${day}T00:00:00Z`) + DAY_MS

/** When somebody has to look at a day again; what it holds may be older than the plan keeps it. */
export const firstLookAt = (day: string): number => endOfDay(day) + FIRST_LOOK_DAYS * DAY_MS

/**
 * What is to be done with a day of events.
 * @returns `keepUntil` epoch milliseconds; null: it is over
 */
export const keepUntil = (day: string, retentionDays: number, now: number): number | null => {
  const until = endOfDay(day) + Math.max(1, retentionDays) * DAY_MS
  return until > now ? until : null
}
