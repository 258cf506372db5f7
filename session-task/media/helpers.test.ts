import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { realJpeg } from '../../e2e/messages/real-files.ts'
import { startTestCloud } from '../../local/cloud/testing/cloud.ts'
import { makeS3Client } from '../../shared/aws/s3.ts'
import { newId } from '../../shared/core/ids.ts'
import { TenantScope } from '../../shared/core/tenant-scope.ts'
import { MediaStore } from '../../shared/media/media-store.ts'
import { entryUrl, processChannel, threadChannel } from './channels.ts'
import { Helper } from './helper.ts'
import { makeMediaHelpers } from './media-helpers.ts'
import type { PreviewJobs } from './preview.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleetline-test-'))
const pair = { tenantId: 'ten_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S', mode: 'test' } as const
const scope = TenantScope.fromVerified('systemRow', pair)
let cloud: Awaited<ReturnType<typeof startTestCloud>>
let helpers: ReturnType<typeof makeMediaHelpers>

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  helpers = makeMediaHelpers()
})
afterAll(async () => {
  helpers?.stop()
  await cloud?.stop()
  rmSync(folder, { recursive: true })
})

describe('the thread', () => {
  const keys = { cipherKey: randomBytes(32), iv: randomBytes(16), macKey: randomBytes(32) }
  const encryptedPath = join(folder, 'encrypted')
  const plainPath = join(folder, 'plain')
  const stored = () => ({ ...pair, mediaId: newId('med') })
  const store = () => new MediaStore({ client: makeS3Client(), bucket: 'media', kmsKeyId: 'alias/fleetline' })

  it('takes a file from the bucket and encrypts it; opens it, and lays it into the bucket', async () => {
    const bytes = randomBytes(3_000_000)
    const from = stored()
    await store().write(scope, from.mediaId, {
      body: Readable.from([bytes]),
      sizeBytes: bytes.length,
      mimetype: 'video/mp4',
    })
    const facts = await helpers.files.run('encrypt', { ...from, keys, encryptedPath, plainPath })
    expect(facts?.fileLength).toBe(bytes.length)
    expect(readFileSync(plainPath).equals(bytes)).toBe(true)
    const to = stored()
    const sha256 = facts?.fileSha256 ?? null
    const job = { ...to, keys, encryptedPath, plainPath, sha256, mimetype: 'video/mp4' }
    expect(await helpers.files.run('store', job)).toEqual({ sizeBytes: bytes.length })
    const body = await store().read(scope, to.mediaId)
    expect(body && (await buffer(body)).equals(bytes)).toBe(true)
  })

  it('says that a file is not there', async () => {
    expect(await helpers.files.run('encrypt', { ...stored(), keys, encryptedPath, plainPath: null })).toBeNull()
  })

  it('stores nothing of a file that is not what its message promised', async () => {
    const to = stored()
    writeFileSync(encryptedPath, randomBytes(1_610))
    const job = { ...to, keys, encryptedPath, plainPath, sha256: randomBytes(32), mimetype: 'image/jpeg' }
    await expect(helpers.files.run('store', job)).rejects.toMatchObject({ code: 'failed', reason: 'media_corrupt' })
    expect(await store().sizeOf(scope, to.mediaId)).toBeNull()
  })

  it('that cannot start fails its job, and this process goes on', async () => {
    const broken = new Helper(threadChannel(entryUrl('no-such-entry'), 32), {
      concurrency: 1,
      queueLimit: 1,
      timeoutMs: 20_000,
      idleMs: 1_000,
    })
    await expect(broken.run('any', {})).rejects.toMatchObject({ code: 'crashed' })
    broken.stop()
  })
})

describe('the process', () => {
  const path = join(folder, 'image')
  const started: number[] = []
  /** Its process id is what a file would need to kill it. */
  const makePreviews = () =>
    new Helper<PreviewJobs>(
      (heard) => {
        const channel = processChannel(entryUrl('preview-process'), 64)(heard)
        started.push(channel.pid ?? 0)
        return channel
      },
      { concurrency: 1, queueLimit: 4, timeoutMs: 20_000, idleMs: 60_000 },
    )

  it('that dies by a signal fails one preview, and the next one is made', async () => {
    const previews = makePreviews()
    writeFileSync(path, await realJpeg(900, 600))
    await previews.run('preview', { look: 'image', path })
    const job = previews.run('preview', { look: 'image', path })
    process.kill(started.at(-1) ?? 0, 'SIGSEGV')
    await expect(job).rejects.toMatchObject({ code: 'crashed', message: expect.stringContaining('SIGSEGV') })
    const { preview } = await previews.run('preview', { look: 'image', path })
    expect(preview).toMatchObject({ width: 900, height: 600 })
    previews.stop()
  })

  it('is the one that the kernel ends when memory runs out', async () => {
    const previews = makePreviews()
    await previews.run('preview', { look: 'image', path })
    expect(readFileSync(`/proc/${started.at(-1)}/oom_score_adj`, 'utf8').trim()).toBe('1000')
    previews.stop()
  })

  it('has none of this process’s credentials', () => {
    expect(process.env.AWS_ACCESS_KEY_ID).toBeTruthy()
    const pid = started.at(-1) ?? 0
    expect(pid).toBeGreaterThan(0)
    const previews = makePreviews()
    const waiting = previews.run('preview', { look: 'image', path })
    const names = readFileSync(`/proc/${started.at(-1)}/environ`, 'latin1')
      .split('\0')
      .map((line) => line.split('=')[0])
    expect(names).toContain('PATH')
    expect(names.filter((name) => /AWS|KEY|TOKEN|SECRET|BUCKET|TABLE/.test(name ?? ''))).toEqual([])
    previews.stop()
    return expect(waiting).rejects.toMatchObject({ code: 'stopped' })
  })
})
