import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestAnswer } from '../../lambdas/testing/test-api.ts'
import { startWorlds, type Worlds } from '../../lambdas/testing/worlds.ts'
import { newId } from '../core/ids.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'

/** Every operation that says it acts once per Idempotency-Key, by what keeps the key. */
const KINDS = ['idempotencyRow', 'answerRow', 'messageRow', 'operationRow'] as const
const ALL = Object.entries(operations as Readonly<Record<string, Operation>>)
const AT_ONCE = 4
const DAY_MS = 86_400_000

/**
 * Not the second request of a key: a batch keeps a key per position (a message of the same key is another one); the others
 * are refused for the state of their world before they come to the key.
 */
const ELSEWHERE = new Set(['createMessageBatch', 'markMessageRead', 'testScan', 'testRead'])

let worlds: Worlds
beforeAll(async () => {
  worlds = await startWorlds()
})
afterAll(() => worlds.stop())

/** What an answer says that was made, or, of an effect outside of our tables, all it says. */
const madeBy = ({ body }: TestAnswer): unknown => body.id ?? body.data?.[0]?.message.id ?? body

describe.each(KINDS)('%s', (kind) => {
  const members = ALL.filter(([, { idempotent }]) => idempotent === kind)

  it.each(members)(
    '%s: one effect per Idempotency-Key, at the same moment and a day later',
    async (name, operation) => {
      const world = await worlds.make(name)
      const headers = { 'Idempotency-Key': newId('req') }
      const send = (which = name) => worlds.sendSample(which, world, headers)
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => send()))
      // Whoever comes while the first is under way may be asked to come again.
      const refused = answers.filter(({ status }) => status >= 400)
      expect(new Set(refused.map(({ body }) => body.code))).toEqual(new Set(refused.length ? ['conflict'] : []))
      const again = await send()
      expect(Object.keys(operation.responses).map(Number)).toContain(again.status)
      worlds.api.time.offsetMs += DAY_MS
      const nextDay = await send()
      const made = [...answers.filter(({ status }) => status < 400), again, nextDay].map(madeBy)
      expect(made.length).toBeGreaterThanOrEqual(3)
      for (const one of made) expect(one).toEqual(made[0])

      const other = members.find(
        ([which, { auth }]) => which !== name && auth === operation.auth && !ELSEWHERE.has(which),
      )![0]
      if (name === 'createMessageBatch') return
      const reused = await send(other)
      expect([reused.status, reused.body.code]).toEqual([422, 'idempotency_key_reused'])
    },
  )
})
