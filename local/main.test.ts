import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDataDir } from './runtime/data-dir.ts'
import { runProgram } from './testing/run-program.ts'

let root: string
let dataDir: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fleetline-main-'))
  dataDir = join(root, 'data')
})
afterEach(() => rmSync(root, { recursive: true }))

const start = (args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  runProgram(['local/main.ts', '--port', '0', '--data-dir', dataDir, ...args], { env })

/** Refused: one line on stderr, nothing on stdout, exit code 1, no process left. */
const refusal = (line: string | RegExp) => ({
  code: 1,
  stdout: '',
  stderr: line instanceof RegExp ? expect.stringMatching(line) : `fleetline: ${line}\n`,
  leftBehind: [],
})

const TRUST_ROOT = 'ab'.repeat(32)
const NOWHERE = { FLEETLINE_WA_URL: 'ws://127.0.0.1:1', FLEETLINE_WA_TRUST_ROOT: TRUST_ROOT }

describe('what npm start refuses, it refuses before it writes or starts anything', () => {
  it.each<[string, readonly string[], NodeJS.ProcessEnv, string]>([
    ['an unknown flag', ['--nonsense'], {}, "Unknown option '--nonsense'. See npm start -- --help"],
    [
      'an unreachable simulator',
      [],
      NOWHERE,
      'no WebSocket opens at FLEETLINE_WA_URL ws://127.0.0.1:1: start that server (the simulator: npm run simulator), or unset the variable',
    ],
    [
      'an unknown database',
      [],
      { FLEETLINE_DYNAMODB: 'oracle' },
      'FLEETLINE_DYNAMODB must be dynoxide or dynamodb-local, not "oracle"',
    ],
  ])('%s', async (_, args, env, line) => {
    expect(await start(args, env)).toEqual(refusal(line))
    expect(existsSync(dataDir)).toBe(false)
  })

  it('a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      expect(await start(['--port', String(port)])).toEqual(
        refusal(`port ${port} is in use: choose another with --port N, or --port 0 for a free one`),
      )
      expect(existsSync(dataDir)).toBe(false)
    } finally {
      server.close()
    }
  })

  it.each([
    ['under a file', 'ENOTDIR', () => join(import.meta.filename, 'data')],
    ['that the system does not let us make', 'ENOENT', () => '/proc/fleetline'],
  ])('a data directory %s', async (_, code, path) => {
    expect(await start(['--data-dir', path()])).toEqual(
      refusal(`${path()} cannot be written (${code}): choose another directory with --data-dir`),
    )
  })

  it('a data directory that somebody else filled stays as it is', async () => {
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'thesis.txt'), 'mine')
    const line = `${dataDir} is not empty and not a Fleetline data directory: choose another with --data-dir`
    expect(await start()).toEqual(refusal(line))
    expect(await start(['--fresh'])).toEqual(refusal(line))
    expect(await runProgram(['local/reset.ts', '--data-dir', dataDir])).toEqual(refusal(line))
    expect(readdirSync(dataDir)).toEqual(['thesis.txt'])
  })

  it('a data directory on which another one runs, for a start, a fresh start and a reset', async () => {
    const lock = openDataDir(dataDir, { fresh: false, dynamodb: 'dynoxide' })
    const line = `another Fleetline runs on ${dataDir} (pid ${process.pid}): stop it, or choose another directory with --data-dir`
    for (const args of [[], ['--fresh']]) expect(await start(args)).toEqual(refusal(line))
    expect(await runProgram(['local/reset.ts', '--data-dir', dataDir])).toEqual(refusal(line))
    lock.release()
  })
})

describe('a damaged data directory is named, and npm run reset helps', () => {
  const fillTable = (file: string) => {
    const database = new DatabaseSync(file)
    database.exec('CREATE TABLE t (x TEXT) STRICT')
    database
      .prepare(
        'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT hex(randomblob(50)) FROM n',
      )
      .run()
    database.close()
  }
  it.each<[string, (dir: string) => void, RegExp]>([
    [
      'a marker cut off',
      (dir) => writeFileSync(join(dir, 'fleetline.json'), '{"form'),
      /fleetline\.json is damaged \(.*\): npm run reset/,
    ],
    [
      'the data of a later version',
      (dir) => writeFileSync(join(dir, 'fleetline.json'), '{"format":99}'),
      /was written by another version of Fleetline \(format 99, this one has 1\): use that version, or npm run reset/,
    ],
    [
      'a JSON file cut off',
      (dir) => writeFileSync(join(dir, 'kms.json'), '{"keys":{"a'),
      /kms\.json is damaged \(.*\): npm run reset/,
    ],
    [
      'an empty JSON file',
      (dir) => writeFileSync(join(dir, 'keys.json'), ''),
      /keys\.json is damaged \(.*\): npm run reset/,
    ],
    [
      'a database cut off',
      (dir) => {
        fillTable(join(dir, 'dynamodb.db'))
        truncateSync(join(dir, 'dynamodb.db'), 9000)
      },
      /dynamodb\.db is damaged \(.*\): npm run reset/,
    ],
    [
      'a database of garbage',
      (dir) => {
        mkdirSync(join(dir, 'simulator'))
        writeFileSync(join(dir, 'simulator/simulator.sqlite'), 'x'.repeat(8192))
      },
      /simulator\.sqlite is damaged \(not a database\): npm run reset/,
    ],
    [
      'tables of the other DynamoDB emulator',
      (dir) => writeFileSync(join(dir, 'fleetline.json'), '{"format":1,"dynamodb":"dynamodb-local"}'),
      /written by dynamodb-local, and this start would use dynoxide: set FLEETLINE_DYNAMODB=dynamodb-local/,
    ],
  ])('%s', async (_, damage, line) => {
    openDataDir(dataDir, { fresh: false, dynamodb: 'dynoxide' }).release()
    damage(dataDir)
    const ended = await start()
    expect(ended).toEqual(refusal(line))
    expect(ended.stderr.trimEnd()).not.toContain('\n')
    expect(await runProgram(['local/reset.ts', '--data-dir', dataDir])).toMatchObject({
      code: 0,
      stdout: `${dataDir} is gone.\n`,
    })
    expect(existsSync(dataDir)).toBe(false)
  })

  it('a start that was killed before it wrote its marker does not lock anybody out', () => {
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'lock.db'), '')
    openDataDir(dataDir, { fresh: false, dynamodb: 'dynoxide' }).release()
    expect(existsSync(join(dataDir, 'fleetline.json'))).toBe(true)
  })
})

it('--help tells every flag and variable and starts nothing', async () => {
  const { code, stdout, stderr } = await start(['--help'])
  expect([code, stderr]).toEqual([0, ''])
  for (const word of [
    '--port',
    '--data-dir',
    '--fresh',
    '--live',
    '--json',
    'FLEETLINE_WA_URL',
    'FLEETLINE_WA_TRUST_ROOT',
    'FLEETLINE_WA_CONTROL_URL',
    'FLEETLINE_DYNAMODB',
    'npm run reset',
  ])
    expect(stdout).toContain(word)
  expect(existsSync(dataDir)).toBe(false)
})
