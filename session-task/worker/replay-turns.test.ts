import { expect, test } from 'vitest'
import { makeReplayTurns } from './replay-turns.ts'

const named = () => {
  const names: (string | null)[] = []
  return { names, name: async (sessionId: string | null) => void names.push(sessionId) }
}

test('replays have their turns one after the other, each named, whether or not the one before failed', async () => {
  const { names, name } = named()
  const replayAlone = makeReplayTurns(name)
  const first = Promise.withResolvers<void>()
  const seen: string[] = []
  const one = replayAlone('one', () => first.promise)
  const two = replayAlone('two', async () => void seen.push(...names.map(String)))
  first.reject(new Error('its log is lost'))
  await expect(one).rejects.toThrow('its log is lost')
  await two
  expect(seen).toEqual(['one', 'null', 'two'])
  expect(names).toEqual(['one', null, 'two', null])
})

test('a replay that waits for its tenant’s rows does not keep the sessions of others closed', async () => {
  const { names, name } = named()
  const replayAlone = makeReplayTurns(name, 5)
  const stuck = Promise.withResolvers<void>()
  let isOver = false
  const one = replayAlone('stuck', () => stuck.promise).then(() => (isOver = true))
  await replayAlone('other', async () => {})
  expect(names).toEqual(['stuck', null, 'other', null])
  expect(isOver).toBe(false)
  stuck.resolve()
  await one
})
