import { expect, test } from 'vitest'
import { isTimeOfDay, isTimeZone, pacingOf } from './pacing-setting.ts'

const WINTER = Date.UTC(2026, 0, 15)
const SUMMER = Date.UTC(2026, 6, 15)

test('a live number is paced like a person, a simulated one is not', () => {
  expect(pacingOf(null, 'live', WINTER)).toEqual({ policy: 'human', quietHours: null })
  expect(pacingOf(null, 'test', WINTER).policy).toBe('none')
})

test('quiet hours follow the clock of their zone, also over daylight saving', () => {
  const quietHours = (timeZone: string, now: number) =>
    pacingOf({ policy: 'steady', quietHours: { from: '22:30', to: '07:00', timeZone } }, 'live', now).quietHours
  expect(quietHours('Europe/Berlin', WINTER)).toEqual({ fromMinute: 1_350, toMinute: 420, utcOffsetMinutes: 60 })
  expect(quietHours('Europe/Berlin', SUMMER)?.utcOffsetMinutes).toBe(120)
  expect(quietHours('America/Sao_Paulo', SUMMER)?.utcOffsetMinutes).toBe(-180)
  expect(quietHours('Asia/Kolkata', SUMMER)?.utcOffsetMinutes).toBe(330)
  expect(quietHours('UTC', SUMMER)?.utcOffsetMinutes).toBe(0)
})

test('knows what is a time of day and a zone', () => {
  expect(['00:00', '23:59', '24:00', '7:00', '07:60', ''].map(isTimeOfDay)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ])
  expect(['UTC', 'Asia/Tokyo', 'Mars/Base', ''].map(isTimeZone)).toEqual([true, true, false, false])
})
