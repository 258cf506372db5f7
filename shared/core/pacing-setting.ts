import type { PacingPolicy, PacingSettings, QuietHours } from './pacing.ts'
import type { Mode } from './tenant-scope.ts'

/** What a tenant sets. Times are HH:MM in the named IANA time zone. */
export interface PacingSetting {
  readonly policy: PacingPolicy
  readonly quietHours: { readonly from: string; readonly to: string; readonly timeZone: string } | null
}

const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/

/** Who never set anything: live numbers are paced like a person's, simulated ones are not. */
export const defaultPacing = (mode: Mode): PacingSetting => ({
  policy: mode === 'live' ? 'human' : 'none',
  quietHours: null,
})

/** The setting as numbers. @param now for the time zone's offset, which changes twice a year */
export const pacingOf = (setting: PacingSetting | null, mode: Mode, now: number): PacingSettings => {
  const { policy, quietHours } = setting ?? defaultPacing(mode)
  return { policy, quietHours: quietHours && quietHoursOf(quietHours, now) }
}

const quietHoursOf = (
  { from, to, timeZone }: NonNullable<PacingSetting['quietHours']>,
  now: number,
): QuietHours | null => {
  const utcOffsetMinutes = offsetOf(timeZone, now)
  const [fromMinute, toMinute] = [minuteOf(from), minuteOf(to)]
  return utcOffsetMinutes === null || fromMinute === null || toMinute === null
    ? null
    : { fromMinute, toMinute, utcOffsetMinutes }
}

export const isTimeOfDay = (text: string): boolean => TIME.test(text)

/** Does this runtime know the zone? */
export const isTimeZone = (name: string): boolean => offsetOf(name, 0) !== null

const minuteOf = (text: string): number | null => {
  const match = TIME.exec(text)
  return match && Number(match[1]) * 60 + Number(match[2])
}

/** Minutes that local time is ahead of UTC; null: no such zone. */
const offsetOf = (timeZone: string, now: number): number | null => {
  try {
    const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(now)
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
    const match = /^GMT(?:([+-])(\d{2}):(\d{2}))?$/.exec(name)
    if (!match) return null
    return (match[1] === '-' ? -1 : 1) * (Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0))
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
