import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newId, timeOfId } from '../core/ids.ts'
import {
  CONTROL_SETTLE_MS,
  type ControlPosition,
  controlTail,
  dayNumber,
  takeControlEvents,
} from './control-position.ts'
import { decodeVector, encodeVector } from './event-cursor.ts'

const START = Date.parse('2026-11-20T23:58:00Z')

interface Written {
  readonly id: string
  readonly timestamp: number
  /** when it can be seen for the first time */
  readonly committedAt: number
}

/** Events whose ids are made at any time and that appear at any time until they must have. */
const writtenRows = fc
  .array(
    fc.record({ at: fc.integer({ min: 0, max: 600_000 }), takes: fc.integer({ min: 0, max: CONTROL_SETTLE_MS }) }),
    { maxLength: 60 },
  )
  .map((plans): Written[] =>
    plans
      .map(({ at, takes }) => ({
        id: newId('evt', START + at),
        timestamp: START + at,
        committedAt: START + at + takes,
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  )

/** The rows that a consistent query from a position finds at a moment, over both days. */
const standing = (rows: readonly Written[], from: ControlPosition, now: number): Written[] =>
  rows.filter(
    (row) =>
      row.committedAt <= now &&
      (dayNumber(row.timestamp) > from.day ||
        (dayNumber(row.timestamp) === from.day && (from.lastId === null || row.id > from.lastId))),
  )

const throughCursor = (control: ControlPosition): ControlPosition =>
  decodeVector(encodeVector({ control, sequences: new Map() }))!.control

const from: ControlPosition = { day: dayNumber(START), lastId: null, seen: new Set() }
const looks = fc.array(
  fc.record({ after: fc.integer({ min: 1, max: 120_000 }), limit: fc.integer({ min: 1, max: 20 }) }),
  { maxLength: 40 },
)

describe('control-plane events that appear late', () => {
  it('are read once each, whenever they commit, whenever somebody looks, wherever a page is left', () => {
    fc.assert(
      fc.property(writtenRows, looks, fc.integer({ min: 1, max: 30 }), fc.nat(), (rows, readings, room, leaveAt) => {
        let position = from
        let now = START
        const got: string[] = []
        const look = (limit: number) => {
          const page = takeControlEvents(position, standing(rows, position, now), { limit, room, now })
          // A client that breaks in the middle of a page goes on from the last it took.
          const taken = leaveAt % 3 === 0 ? page.steps.slice(0, Math.ceil(page.steps.length / 2)) : page.steps
          got.push(...taken.map(({ row }) => row.id))
          position = throughCursor(taken.length === page.steps.length ? page.end : taken.at(-1)!.after)
          return taken.length
        }
        for (const { after, limit } of readings) {
          now += after
          look(limit)
          expect(position.seen.size).toBeLessThanOrEqual(room)
        }
        now = Math.max(now, START + 600_000) + 2 * CONTROL_SETTLE_MS
        while (look(10) > 0);
        expect([...got].sort()).toEqual(rows.map(({ id }) => id))
      }),
      { numRuns: 500 },
    )
  })

  it('after a start at the tail: all that commit after it, none of those that stood', () => {
    fc.assert(
      fc.property(writtenRows, fc.integer({ min: 0, max: 600_000 }), (rows, startsAfter) => {
        const startsAt = START + startsAfter
        const settledBefore = startsAt - CONTROL_SETTLE_MS
        const before = { day: dayNumber(settledBefore), lastId: null, seen: new Set<string>() }
        const young = rows.filter((row) => timeOfId(row.id)! >= settledBefore && row.committedAt <= startsAt)
        const position = throughCursor(controlTail(before, young, 512))
        const now = startsAt + 600_000 + CONTROL_SETTLE_MS
        const behind = standing(rows, position, now).filter((row) => timeOfId(row.id)! >= settledBefore)
        const page = takeControlEvents(position, behind, { limit: 100, room: 512, now })
        expect(page.steps.map(({ row }) => row.id).sort()).toEqual(
          rows.filter((row) => row.committedAt > startsAt && timeOfId(row.id)! >= settledBefore).map(({ id }) => id),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('wait until they are old when the cursor can remember no more: late, not lost', () => {
    const rows = Array.from({ length: 5 }, (_, at) => ({ id: newId('evt', START + at), timestamp: START + at }))
    const first = takeControlEvents(from, rows, { limit: 10, room: 3, now: START + 1_000 })
    expect(first).toMatchObject({ stopped: 'room' })
    expect(first.steps).toHaveLength(3)
    const later = takeControlEvents(first.end, rows, { limit: 10, room: 3, now: START + CONTROL_SETTLE_MS + 10 })
    expect(later.steps.map(({ row }) => row.id)).toEqual(rows.slice(3).map(({ id }) => id))
    expect(later.end.seen.size).toBe(0)
  })
})
