import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { TenantScope } from '../../shared/core/tenant-scope.ts'
import { openSessionLog } from './open-log.ts'
import { makeLogS3Client, S3LogDevice } from './s3-log-device.ts'
import type { SessionLog } from './session-log.ts'
import { describeLogDevice } from './testing/log-device-contract.ts'
import { openInput } from './testing/open-memory-log.ts'
import { startGuardedS3 } from './testing/start-guarded-s3.ts'

const scope = TenantScope.fromVerified('envelope', { tenantId: 'ten_00000000000000000000000001', mode: 'test' })

let s3: Awaited<ReturnType<typeof startGuardedS3>>
let client: ReturnType<typeof makeLogS3Client>

beforeAll(async () => {
  s3 = await startGuardedS3()
  vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.endpoint)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('AWS_REGION', 'us-east-1')
  client = makeLogS3Client()
})

afterAll(async () => {
  client.destroy()
  await s3.stop()
  vi.unstubAllEnvs()
})

const deviceOf = (sessionId: string, bucket = s3.bucket) => new S3LogDevice({ client, bucket, scope, sessionId })

describeLogDevice('S3', () => deviceOf(`ses_${randomUUID()}`))

describe('a session log in S3', () => {
  const openOn = async (sessionId: string, epoch: number): Promise<SessionLog> => {
    const opened = await openSessionLog(
      openInput({
        device: deviceOf(sessionId),
        sessionId,
        epoch,
        expectLinked: epoch > 1,
        limits: { snapshotCommits: 5 },
      }),
    )
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

  test('a bucket that does not exist is an error, never an empty log', async () => {
    await expect(deviceOf('ses_1', 'other-bucket').getHead()).rejects.toThrow()
  })
})
