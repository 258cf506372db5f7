import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { realJpeg, realMp3, realOpus } from '../e2e/messages/real-files.ts'
import { newId } from '../shared/core/ids.ts'
import { workerBundleOptions } from '../tools/worker-bundle.ts'
import { startTestFleet, type TestFleet, until } from './testing/test-fleet.ts'

const ROOT = join(import.meta.dirname, '..')
const children: ChildProcess[] = []
let folder: string
let fleet: TestFleet

interface Instruction {
  readonly name: string
  readonly rest: string
}

/** What the Dockerfile says: its words are what is tested, not a copy of them. */
const readDockerfile = () => {
  const text = readFileSync(join(ROOT, 'session-task/Dockerfile'), 'utf8').replaceAll('\\\n', ' ')
  const instructions = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line): Instruction => {
      const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? []
      return { name, rest: rest.trim() }
    })
  const image = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'))
  const restOf = (of: readonly Instruction[], wanted: string) =>
    of.filter(({ name }) => name === wanted).map(({ rest }) => rest)
  const copies = restOf(image, 'COPY').map((rest) => rest.split(/\s+/))
  return {
    command: JSON.parse(restOf(image, 'CMD').at(-1) ?? '[]') as string[],
    /** from an earlier stage into the image's folder */
    copies: copies.map(([from = '', source = '', target = '']) => ({ from, source, target })),
    /** from the repository into an earlier stage */
    inputs: restOf(instructions, 'COPY')
      .filter((rest) => !rest.startsWith('--from='))
      .flatMap((rest) => rest.split(/\s+/).slice(0, -1)),
    removed: restOf(instructions, 'RUN').flatMap((rest) =>
      [...rest.matchAll(/node_modules\/(\S+)/g)].map(([, name]) => name),
    ),
  }
}

const dockerfile = readDockerfile()

/** Packages as `npm ci --omit=dev` lays them: neither dev nor the laptop's. */
const linkPackages = (target: string): void => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>
  }
  for (const [path, entry] of Object.entries(packages)) {
    const isNested = path.indexOf('node_modules/', 1) !== -1
    // sharp's libraries for this platform are optional packages, of which npm installs the fitting ones.
    const isLibrary = path.startsWith('node_modules/@img/') && existsSync(join(ROOT, path))
    const isOptional = Boolean(entry.optional) && !isLibrary
    if (path === '' || isNested || entry.dev || isOptional || entry.devOptional) continue
    const link = join(target, path.slice('node_modules/'.length))
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(ROOT, path), link)
  }
}

/** How to make what an earlier stage of the Dockerfile leaves behind. */
const STAGES: Readonly<Record<string, (target: string) => unknown>> = {
  '--from=dependencies /build/node_modules': linkPackages,
  '--from=build /build/dist/session-task': (outdir) =>
    build({ ...workerBundleOptions(ROOT), outdir, logLevel: 'error' }),
}

/** An empty folder, and into it what the Dockerfile copies into the image. */
const makeImageFolder = async (): Promise<string> => {
  const image = mkdtempSync(join(tmpdir(), 'fleetline-image-'))
  for (const { from, source, target } of dockerfile.copies) {
    const make = STAGES[`${from} ${source}`]
    if (!make) throw new Error(`the Dockerfile copies ${from} ${source}, and this test cannot make it`)
    await make(join(image, target))
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

/** The image's CMD, without the repository anywhere near. Links count as the folders they stand for. */
const startBundle = (env: Record<string, string | undefined>) => {
  const [node, ...words] = dockerfile.command
  expect(node).toBe('node')
  const child = spawn(process.execPath, ['--preserve-symlinks', '--preserve-symlinks-main', ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
  })
  children.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)))
  return { child, output: () => output }
}

test('the Dockerfile’s inputs are in the repository and not ignored, and it copies what the build makes', () => {
  const ignored = readFileSync(join(ROOT, 'session-task/Dockerfile.dockerignore'), 'utf8').split('\n').filter(Boolean)
  expect(dockerfile.inputs).toContain('package-lock.json')
  for (const input of [...dockerfile.inputs, 'session-task', 'shared', 'tools', 'tsconfig.json']) {
    expect(existsSync(join(ROOT, input)), input).toBe(true)
    expect(ignored).not.toContain(input)
  }
  expect(dockerfile.copies.map(({ source }) => source)).toContain(`/build/${workerBundleOptions(ROOT).outdir}`)
  // What it takes out again is in no package of ours.
  expect(dockerfile.removed.length).toBeGreaterThan(0)
  for (const { target } of dockerfile.copies) expect(existsSync(join(folder, target))).toBe(true)
  for (const name of dockerfile.removed)
    expect(
      readdirSync(join(folder, 'node_modules')).filter((there) => there.startsWith((name ?? '').replace('*', ''))),
    ).toEqual([])
})

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
