import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../local/cloud/testing/cloud.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { TenantScope } from '../../shared/core/tenant-scope.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { openTables } from '../../shared/store/tables.ts'
import { openSessionLog } from './open-log.ts'
import { makeLogS3Client, S3LogDevice } from './s3-log-device.ts'
import { tenantKeyWrap } from './session-keys.ts'
import type { SessionLog } from './session-log.ts'
import { describeLogDevice } from './testing/log-device-contract.ts'
import { openInput } from './testing/open-memory-log.ts'

const scope = TenantScope.fromVerified('envelope', { tenantId: 'ten_00000000000000000000000001', mode: 'test' })

let cloud: TestCloud
let client: ReturnType<typeof makeLogS3Client>
let keys: TenantKeys

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  client = makeLogS3Client()
  keys = new TenantKeys({ kms: makeKMSClient(), core: openTables().core, kmsKeyId: 'alias/fleetline' })
})

afterAll(async () => {
  client.destroy()
  await cloud.stop()
})

const deviceOf = (sessionId: string, bucket = 'auth') => new S3LogDevice({ client, bucket, scope, sessionId })

describeLogDevice('S3', () => deviceOf(`ses_${randomUUID()}`))

describe('a session log in S3', () => {
  const input = (sessionId: string, epoch: number, owner = scope) =>
    openInput({
      device: deviceOf(sessionId),
      sessionKeyWrap: tenantKeyWrap(keys, owner, sessionId),
      sessionId,
      epoch,
      expectLinked: epoch > 1,
      limits: { snapshotCommits: 5 },
    })
  const openOn = async (sessionId: string, epoch: number): Promise<SessionLog> => {
    const opened = await openSessionLog(input(sessionId, epoch))
    if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`)
    return opened.log
  }

  test('lives through owners that leave, that close, and that are fenced while they write', async () => {
    const sessionId = `ses_${randomUUID()}`
    let owner = await openOn(sessionId, 1)
    await owner.durable(owner.append([{ t: 'creds', creds: { me: { id: 'me' } } }]))
    const names: string[] = []
    for (let epoch = 2; epoch <= 5; epoch++) {
      for (let i = 0; i < 12; i++) {
        const name = `${epoch}-${i}`
        await owner.durable(owner.append([{ t: 'keys', set: { session: { [name]: { name } } } }]))
        names.push(name)
      }
      if (epoch % 2 === 0) await owner.close()
      const before = owner
      owner = await openOn(sessionId, epoch)
      if (epoch % 2 === 1) {
        // A snapshot under way may have met the new HEAD already: then it is append that refuses.
        const writeLate = async () =>
          before.durable(before.append([{ t: 'keys', set: { session: { [`late ${epoch}`]: 1 } } }]))
        await expect(writeLate()).rejects.toThrow('fenced')
      }
    }
    for (const name of names) expect(owner.state.key('session', name)).toEqual({ name })
    expect(owner.state.key('session', 'late 3')).toBeUndefined()
    await owner.close()
  })

  test('does not open with the data key of another tenant', async () => {
    const sessionId = `ses_${randomUUID()}`
    const log = await openOn(sessionId, 1)
    await log.durable(log.append([{ t: 'creds', creds: { me: { id: 'me' } } }]))
    const other = TenantScope.fromVerified('envelope', { tenantId: 'ten_00000000000000000000000002', mode: 'test' })
    expect(await openSessionLog(input(sessionId, 2, other))).toMatchObject({ ok: false, fault: 'wrong_key' })
  })

  test('a bucket that does not exist is an error, never an empty log', async () => {
    await expect(deviceOf('ses_1', 'other-bucket').getHead()).rejects.toThrow()
  })
})
