import { expect, test } from 'vitest'
import {
  afterAcceptance,
  afterRefusal,
  askToConnect,
  BUNDLED_VERSION,
  type ClientVersion,
  HOLD_MS,
  isHeld,
  NO_CLIENT_VERSION,
  parseVersion,
  requirePlausibleVersion,
  withVersion,
} from './client-version.ts'

const MINUTE_MS = 60_000
const refusedBy = (sessions: readonly string[], at = 0, version = 'a', row: ClientVersion = NO_CLIENT_VERSION) =>
  sessions.reduce((before, sessionId) => afterRefusal(before, { version, sessionId, now: at }), row)

test('three refused sessions hold nobody, the fourth within five minutes holds all', () => {
  const three = refusedBy(['a', 'b', 'c', 'a', 'c'])
  expect(askToConnect(three, 'a', 1)).toEqual({ answer: 'go' })
  const four = refusedBy(['d'], 4 * MINUTE_MS, 'a', three)
  expect(isHeld(four, 'a')).toBe(true)
  expect(askToConnect(four, 'a', 4 * MINUTE_MS)).toEqual({ answer: 'wait', ms: HOLD_MS })
})

test('refusals that are far apart hold nobody', () => {
  let row = NO_CLIENT_VERSION
  for (let count = 0; count < 20; count++) row = refusedBy([`${count}`], count * 3 * MINUTE_MS, 'a', row)
  expect(isHeld(row, 'a')).toBe(false)
})

test('after five minutes one probes; what it hears decides for all', () => {
  const held = refusedBy(['a', 'b', 'c', 'd'])
  const turn = askToConnect(held, 'a', HOLD_MS)
  if (turn.answer !== 'probe') throw new Error(turn.answer)
  expect(askToConnect(turn.row, 'a', HOLD_MS)).toEqual({ answer: 'wait', ms: HOLD_MS })
  const refusedAgain = refusedBy(['a'], HOLD_MS + 1, 'a', turn.row)
  expect(askToConnect(refusedAgain, 'a', HOLD_MS + 1)).toEqual({ answer: 'wait', ms: HOLD_MS })
  expect(askToConnect(afterAcceptance(turn.row, 'a'), 'a', HOLD_MS + 1)).toEqual({ answer: 'go' })
})

test('another version is not held, and neither is the same one after it was chosen again', () => {
  const held = refusedBy(['a', 'b', 'c', 'd'])
  expect(askToConnect(held, 'b', 1)).toEqual({ answer: 'go' })
  const chosen = withVersion(held, 'b')
  expect(chosen.version).toBe('b')
  expect(isHeld(chosen, 'a')).toBe(true)
  expect(isHeld(withVersion(chosen, 'a'), 'a')).toBe(false)
  expect(isHeld(withVersion(chosen, null), 'a')).toBe(true)
})

test('a clock that is a day ahead holds nobody for a day', () => {
  const ahead = refusedBy(['a', 'b', 'c', 'd'], 86_400_000)
  expect(askToConnect(ahead, 'a', 0).answer).toBe('probe')
})

test('what is kept has a bound: four versions, four sessions each', () => {
  let row = NO_CLIENT_VERSION
  for (let count = 0; count < 500; count++) row = refusedBy([`s${count}`], count, `v${count % 10}`, row)
  expect(row.refused).toHaveLength(4)
  for (const { sessions } of row.refused) expect(sessions.length).toBeLessThanOrEqual(4)
})

test('the bundled version is a plausible one', () => {
  expect(requirePlausibleVersion(BUNDLED_VERSION)).toEqual(parseVersion(BUNDLED_VERSION))
  expect(requirePlausibleVersion('2.3000.1050000000')).toEqual([2, 3000, 1_050_000_000])
})

test.each([
  '',
  'latest',
  '2.3000',
  '2.3000.1043857760.1',
  ' 2.3000.1043857760',
  '2.3000.-1',
  '2.3000.104385776',
  '2.3000.10438577600',
  '2.3001.1043857760',
  '3.3000.1043857760',
  '2.3000.01043857760',
  '2.3000.1e9',
])('%j is refused with a reason', (text) => {
  expect(() => requirePlausibleVersion(text)).toThrow(/validation_failed: .{30,}/)
})
