import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { mp4Facts } from '../../e2e/messages/real-files.ts'
import { startTestFleet, type TestFleet, until } from '../../session-task/testing/test-fleet.ts'
import { makeS3Client } from '../../shared/aws/s3.ts'
import { newId } from '../../shared/core/ids.ts'
import { MEDIA_KEPT_MS, MediaStore } from '../../shared/media/media-store.ts'
import { MediaFiles } from '../../shared/store/media-files.ts'
import { mediaDetailsPlace, messageContentPlace } from '../../shared/store/places.ts'
import type { Bench, Figure } from '../report.ts'
import { rounded } from '../support/rounds.ts'
import { rssMbOf, rssMbOfChildren, startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts'

const MEBIBYTES = Number(process.env.MEBIBYTES ?? 64)
const BYTES = MEBIBYTES * 1024 * 1024
const PHONE = '5511900000001'
const CONTACT = '5511988887777'
const SAMPLE_MS = 25
const SETTLE_MS = 3_000
const IDLE_MS = 5_000
const DEADLINE_MS = 180_000

/** A file of 64 MB both ways through the real worker and the process it looks at files with: memory, time, event loop. */
export const run: Bench = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-media-'))
  const lagFile = join(folder, 'lag.json')
  const fleet = await startTestFleet()
  const ca = await fetch(`${fleet.simulator.controlUrl}/control/media-ca`)
  const { pem } = parseCa(await ca.text())
  const worker = await startWorkerProcess(fleet, {
    capacity: 5,
    nodeOptions: ['--import', join(import.meta.dirname, '../children/loop-lag.mjs')],
    env: { WA_TEST_MEDIA_CA: pem, LOOP_LAG_FILE: lagFile },
  })
  try {
    const sessionId = await fleet.linkSession(worker, PHONE)
    await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
    const warm = await fleet.accept(sessionId, CONTACT, 'warm')
    await fleet.untilMessage(warm.id, ['sent', 'delivered', 'read'])
    const measure = measurer(worker, lagFile)
    const mediaId = await storeFile(fleet)
    // What the machine does to the loop of a worker that has nothing to do.
    const idle = await measure(() => sleep(IDLE_MS))
    const out = await measure(async () => {
      const id = newId('msg')
      const content = await fleet.tenantKeys.seal(fleet.scope, messageContentPlace(id), {
        video: { mediaId, mimetype: 'video/mp4' },
      })
      await fleet.accept(sessionId, CONTACT, '', { id, type: 'video', content })
      await fleet.untilMessage(id, ['sent', 'delivered', 'read'], DEADLINE_MS)
    })
    const files = new MediaFiles(fleet.tables, fleet.scope)
    const incoming = await measure(async () => {
      await fetch(`${fleet.simulator.controlUrl}/control/contacts/${CONTACT}/send`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ to: PHONE, media: { kind: 'video', sizeBytes: BYTES } }),
      })
      await until(
        'the received file is stored',
        async () => {
          const events = await fleet.readEvents(sessionId)
          const stored = events.find(({ type }) => type === 'media.stored')
          const { media } = (stored?.data ?? {}) as { media?: { id: string } }
          return media ? files.get(media.id) : null
        },
        DEADLINE_MS,
      )
    })
    return [
      { name: 'idle: event loop lag p99', value: rounded(idle.lag.p99Ms, 1), unit: 'ms' },
      ...figuresOf('sent', out),
      ...figuresOf('received', incoming),
    ]
  } finally {
    await worker.kill()
    await fleet.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const parseCa = (text: string): { pem: string } => {
  if (text.startsWith('-----BEGIN')) return { pem: text }
  const body = JSON.parse(text) as Record<string, string>
  return { pem: Object.values(body).find((value) => value.startsWith('-----BEGIN')) ?? '' }
}

const storeFile = async (fleet: TestFleet): Promise<string> => {
  const mediaId = newId('med')
  const store = new MediaStore({ client: makeS3Client(), bucket: 'media', kmsKeyId: 'alias/fleetline' })
  const head = mp4Facts({ width: 1_280, height: 720, seconds: 60 })
  const body = Readable.from([Buffer.concat([head, randomBytes(BYTES - head.length)])])
  await store.write(fleet.scope, mediaId, { body, sizeBytes: BYTES, mimetype: 'video/mp4' })
  await new MediaFiles(fleet.tables, fleet.scope).create({
    v: 1,
    tenantId: fleet.scope.tenantId,
    mode: fleet.scope.mode,
    id: mediaId,
    sessionId: null,
    messageId: null,
    source: 'upload',
    status: 'stored',
    mimetype: 'video/mp4',
    sizeBytes: BYTES,
    sha256: null,
    maximumBytes: BYTES,
    width: null,
    height: null,
    animated: null,
    opus: null,
    details: await fleet.tenantKeys.seal(fleet.scope, mediaDetailsPlace(mediaId), {}),
    failure: null,
    createdAt: Date.now(),
    expiresAt: Date.now() + MEDIA_KEPT_MS,
  })
  return mediaId
}

interface Measured {
  readonly beforeMb: number
  readonly peakMb: number
  /** of the processes that the worker started */
  readonly childrenMb: number
  readonly ms: number
  readonly lag: { readonly p99Ms: number; readonly maxMs: number }
}

const measurer = (worker: WorkerProcess, lagFile: string) => {
  const readLag = async (): Promise<Measured['lag']> => {
    rmSync(lagFile, { force: true })
    process.kill(worker.pid, 'SIGUSR2')
    return until('the worker says its lag', async () => {
      try {
        return JSON.parse(readFileSync(lagFile, 'utf8')) as Measured['lag']
      } catch (error) {
        if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    })
  }
  return async (work: () => Promise<void>): Promise<Measured> => {
    await sleep(SETTLE_MS)
    await readLag()
    const beforeMb = rssMbOf(worker.pid)
    let peakMb = beforeMb
    let childrenMb = 0
    const timer = setInterval(() => {
      peakMb = Math.max(peakMb, rssMbOf(worker.pid))
      childrenMb = Math.max(childrenMb, rssMbOfChildren(worker.pid))
    }, SAMPLE_MS)
    const startedAt = performance.now()
    await work()
    const ms = performance.now() - startedAt
    clearInterval(timer)
    return { beforeMb, peakMb, childrenMb, ms, lag: await readLag() }
  }
}

const figuresOf = (name: string, { beforeMb, peakMb, childrenMb, ms, lag }: Measured): Figure[] => [
  { name: `${MEBIBYTES} MB ${name}: worker before`, value: rounded(beforeMb, 0), unit: 'MB' },
  { name: `${MEBIBYTES} MB ${name}: worker peak`, value: rounded(peakMb, 0), unit: 'MB' },
  { name: `${MEBIBYTES} MB ${name}: preview process peak`, value: rounded(childrenMb, 0), unit: 'MB' },
  { name: `${MEBIBYTES} MB ${name}: time`, value: rounded(ms, 0), unit: 'ms' },
  { name: `${MEBIBYTES} MB ${name}: event loop lag p99`, value: rounded(lag.p99Ms, 1), unit: 'ms' },
  { name: `${MEBIBYTES} MB ${name}: event loop lag max`, value: rounded(lag.maxMs, 1), unit: 'ms' },
]
