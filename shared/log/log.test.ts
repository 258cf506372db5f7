import pino from 'pino'
import { expect, it } from 'vitest'
import { type Log, makeLog } from './log.ts'

const capture = (level?: string) => {
  const lines: string[] = []
  const log = makeLog('part', level, (line) => void lines.push(line))
  return { log, lines, last: () => JSON.parse(lines.at(-1)!) }
}

it('a line is flat JSON with level, time, component, fields and message, ended by one newline', () => {
  const { log, lines, last } = capture()
  log.child({ tenantId: 'ten_1' }).info({ status: 202 }, 'request')
  expect(last()).toMatchObject({ level: 'info', component: 'part', tenantId: 'ten_1', status: 202, msg: 'request' })
  expect(new Date(last().time).getTime()).toBeGreaterThan(0)
  expect(lines[0]!.indexOf('\n')).toBe(lines[0]!.length - 1)
})

it('secrets and message text are redacted at every depth', () => {
  const { log, lines } = capture()
  const hidden = 'do-not-show'
  const secrets = { key: hidden, secret: hidden, token: hidden, privKey: { public: hidden }, text: hidden, qr: hidden }
  log.info({ ...secrets, a: { ...secrets, b: { ...secrets, c: { authorization: hidden, list: [secrets] } } } })
  expect(lines[0]).not.toContain(hidden)
  expect(lines[0]).toContain('[redacted]')
})

it('an error shows type, message, stack and cause, and not its other fields', () => {
  const { log, lines, last } = capture()
  const error = Object.assign(new TypeError('outer', { cause: new Error('inner') }), { $response: 'whole answer' })
  log.error({ err: error }, 'failed')
  expect(last().err).toMatchObject({ type: 'TypeError', message: 'outer', cause: { message: 'inner' } })
  expect(last().err.stack).toContain('log.test.ts')
  expect(lines[0]).not.toContain('whole answer')
})

it('what JSON cannot say never throws', () => {
  const { log, last } = capture()
  const circle: Record<string, unknown> = {}
  circle.self = circle
  log.warn({ circle }, 'still written')
  expect(last()).toMatchObject({ msg: 'still written', unwritable: expect.stringContaining('circular') })
  log.warn({ big: 2n ** 70n })
  expect(last().big).toBe(String(2n ** 70n))
})

it('lines below the level are not written, silent writes none, an unknown level writes all', () => {
  const quiet = capture('warn')
  quiet.log.info('no')
  quiet.log.warn('yes')
  expect(quiet.lines).toHaveLength(1)
  const silent = capture('silent')
  silent.log.fatal('no')
  expect(silent.lines).toHaveLength(0)
  const odd = capture('loud')
  odd.log.trace('yes')
  expect(odd.lines).toHaveLength(1)
})

it('a pino logger is a Log', () => {
  const log: Log = pino({ level: 'silent' })
  log.child({ a: 1 }).info('fine')
})
