import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud } from '../../../local/cloud/testing/cloud.ts'
import { makeSQSClient } from '../../../shared/aws/sqs.ts'
import { makeLog } from '../../../shared/log/log.ts'
import { openTables, type Tables } from '../../../shared/store/tables.ts'
import { Workers } from '../../../shared/store/workers.ts'
import { registerWorker } from './register-worker.ts'

let stop: () => Promise<void>
let tables: Tables
let now = Date.parse('2026-11-21T10:00:00Z')
beforeAll(async () => {
  const cloud = await startTestCloud()
  cloud.apply()
  stop = () => cloud.stop()
  tables = openTables()
})
afterAll(() => stop())

const register = (launchName: string, mode: 'live' | 'test' = 'test') => {
  const log = makeLog('test', 'silent')
  const parts = { tables, sqs: makeSQSClient(), log, hintsQueueUrl: '', workerCapacity: 1, version: 'x' }
  return registerWorker({ ...parts, now: () => now, random: Math.random }, { mode, launchName })
}

test('a launch is told that the one before died before its first beat: in its mode, for ten minutes', async () => {
  const { workerId, startsFail } = await register('first')
  expect(startsFail).toBe(false)
  expect(await register('first')).toEqual({ workerId, startsFail: false })
  await new Workers(tables).fence(workerId, 1)
  expect(await register('second')).toMatchObject({ startsFail: true })
  expect(await register('other', 'live')).toMatchObject({ startsFail: false })
  now += 11 * 60_000
  expect(await register('third')).toMatchObject({ startsFail: false })
})
