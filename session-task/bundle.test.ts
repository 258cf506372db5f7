import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { realJpeg, realMp3, realOpus } from '../e2e/messages/real-files.ts'
import { newId } from '../shared/core/ids.ts'
import { WORKER_COMMAND } from '../shared/fleet/worker-command.ts'
import { workerBundleOptions } from '../tools/worker-bundle.ts'
import { startTestFleet, type TestFleet, until } from './testing/test-fleet.ts'

const ROOT = join(import.meta.dirname, '..')
const children: ChildProcess[] = []
let folder: string
let fleet: TestFleet

/** What the Dockerfile puts into the image and nothing else: the bundle, and packages that are neither dev nor the laptop's. */
const makeImageFolder = async (): Promise<string> => {
  const image = mkdtempSync(join(tmpdir(), 'fleetline-image-'))
  await build({ ...workerBundleOptions(ROOT), outdir: join(image, 'dist/session-task'), logLevel: 'error' })
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>
  }
  for (const [path, entry] of Object.entries(packages)) {
    const isNested = path.indexOf('node_modules/', 1) !== -1
    // sharp's libraries for this platform are optional packages, of which npm installs the fitting ones.
    const isLibrary = path.startsWith('node_modules/@img/') && existsSync(join(ROOT, path))
    const isOptional = Boolean(entry.optional) && !isLibrary
    if (path === '' || isNested || entry.dev || isOptional || entry.devOptional) continue
    mkdirSync(dirname(join(image, path)), { recursive: true })
    symlinkSync(join(ROOT, path), join(image, path))
  }
  return image
}

beforeAll(async () => {
  ;[folder, fleet] = await Promise.all([makeImageFolder(), startTestFleet()])
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await fleet.stop()
})

/** As the image's CMD does, without the repository anywhere near. Links count as the folders they stand for. */
const startBundle = (env: Record<string, string | undefined>) => {
  const child = spawn(
    process.execPath,
    ['--preserve-symlinks', '--preserve-symlinks-main', ...WORKER_COMMAND.slice(1)],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, ...env } },
  )
  children.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)))
  return { child, output: () => output }
}

test('the image’s files are enough to start: an empty environment is a configuration error, not a missing module', async () => {
  const { child, output } = startBundle({})
  const [code] = await once(child, 'close')
  expect(code).toBe(1)
  expect(output()).toContain('WORKER_MODE')
  expect(output()).not.toContain('ERR_MODULE_NOT_FOUND')
})

test('the image’s files are enough to serve: it becomes READY, links and sends, and drains on SIGTERM', async () => {
  const workerId = newId('wrk')
  const { child, output } = startBundle({
    ...fleet.cloud.env,
    WORKER_ID: workerId,
    WORKER_MODE: 'test',
    WORKER_QUEUE_PREFIX: 'bundle-',
    HINTS_QUEUE_URL: fleet.hintsQueueUrl,
    EVENT_BUS: 'fleetline',
    WA_TEST_URL: fleet.simulator.socketUrl,
    WA_TEST_TRUST_ROOT: fleet.simulator.trustRootHex,
  })
  const row = await until('READY', async () => {
    if (child.exitCode !== null) throw new Error(output())
    const found = await fleet.workers.get(workerId)
    return found?.status === 'READY' ? found : null
  })
  await fleet.simulator.addContact('5511988887777', { name: 'Ana' })
  const sessionId = await fleet.linkSession({ id: workerId, queueUrl: row.queueUrl ?? '' }, '5511900007001')
  const sent = await fleet.accept(sessionId, '5511988887777', 'from the bundle')
  await fleet.untilMessage(sent.id, ['sent', 'delivered', 'read'])
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('the image’s files are enough to look into files: sharp’s libraries and WebAssembly are found', async () => {
  const entry = join(folder, 'dist/session-task/preview-process.mjs')
  const execArgv = ['--preserve-symlinks', '--preserve-symlinks-main']
  const child = fork(entry, [], { cwd: folder, execArgv, env: {}, stdio: 'ignore', serialization: 'advanced' })
  children.push(child)
  const ask = async (look: string, bytes: Uint8Array) => {
    const path = join(folder, look)
    writeFileSync(path, bytes)
    child.send({ id: 1, type: 'preview', input: { look, path } })
    const [answer] = await once(child, 'message')
    return answer
  }
  expect(await ask('image', await realJpeg(300, 200))).toMatchObject({
    result: { preview: { width: 300, height: 200 } },
  })
  expect(
    await ask(
      'voice',
      realOpus(1, () => true),
    ),
  ).toMatchObject({ result: { preview: { seconds: 1 } } })
  expect(await ask('audio', realMp3(2))).toMatchObject({ result: { preview: { seconds: expect.closeTo(2, 0) } } })
})
