import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SigningScheme, signWebhook } from '../core/webhook-signature.ts'

const directory = mkdtempSync(join(tmpdir(), 'fleetline-verify-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** The code of a document, as a reader would copy it. */
const exampleOf = (language: string): string =>
  /```\w+\n([\s\S]*?)```/.exec(readFileSync(join('docs', 'webhooks', `verify.${language}.md`), 'utf8'))![1]!

const OLD = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const NEW = `whsec_${Buffer.alloc(32, 2).toString('base64')}`
const body = JSON.stringify({ z: 'Olá ✓ "', a: 1, id: 'evt_1' })
const request = (timestampSeconds = Math.floor(Date.now() / 1000), signing: SigningScheme = 'hmac') => ({
  'webhook-id': 'evt_1',
  'webhook-timestamp': String(timestampSeconds),
  'webhook-signature': signWebhook({ secrets: [NEW, OLD], webhookId: 'evt_1', timestampSeconds, body, signing }),
})

const write = (name: string, text: string): string => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}
const quiet: { encoding: 'utf8'; stdio: ('ignore' | 'pipe')[] } = {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
}

/** How each example is run: body, headers as JSON and secret as arguments; prints the event; fails by its exit code. */
interface Runner {
  readonly needs: readonly [command: string, ...probe: string[]]
  /** @returns the command line in front of the arguments */
  prepare(): readonly [string, ...string[]]
}
const RUNNERS: Readonly<Record<'node' | 'python' | 'php', Runner>> = {
  node: {
    needs: [process.execPath, '--version'],
    prepare: () => [
      process.execPath,
      write(
        'example.mjs',
        `${exampleOf('node')}
const [, , body, headers, secret] = process.argv
process.stdout.write(JSON.stringify(verifyWebhook(body, JSON.parse(headers), secret)))`,
      ),
    ],
  },
  python: {
    needs: ['python3', '--version'],
    prepare: () => [
      'python3',
      write(
        'example.py',
        `${exampleOf('python')}
import sys
print(json.dumps(verify_webhook(sys.argv[1].encode(), json.loads(sys.argv[2]), sys.argv[3])))`,
      ),
    ],
  },
  php: {
    needs: ['php', '--version'],
    prepare: () => [
      'php',
      write(
        'example.php',
        `${exampleOf('php')}
echo json_encode(verify_webhook($argv[1], json_decode($argv[2], true), $argv[3]), JSON_UNESCAPED_SLASHES);`,
      ),
    ],
  },
}

it('three live secrets: each verifies one delivery with the reference library', () => {
  const third = `whsec_${Buffer.alloc(32, 3).toString('base64')}`
  const timestampSeconds = Math.floor(Date.now() / 1000)
  const signature = signWebhook({ secrets: [NEW, OLD, third], webhookId: 'evt_1', timestampSeconds, body })
  for (const secret of [NEW, OLD, third])
    expect(() => new Webhook(secret).verify(body, { ...request(), 'webhook-signature': signature })).not.toThrow()
})

describe.each(Object.entries(RUNNERS))('the %s example of the documents', (language, runner) => {
  const [command, ...probe] = runner.needs
  const isThere = spawnSync(command, probe).status === 0
  let line: readonly string[] = []
  beforeAll(() => {
    if (isThere) line = runner.prepare()
  })
  const run = (...input: string[]) => execFileSync(line[0]!, [...line.slice(1), ...input], quiet)

  it('takes what we sign, with the old and the new secret, with and without Ed25519 beside it', ({ skip }) => {
    skip(!isThere, `${command} is not installed here: the ${language} example was not run`)
    for (const signing of ['hmac', 'hmacAndEd25519'] as const)
      for (const secret of [OLD, NEW])
        expect(JSON.parse(run(body, JSON.stringify(request(undefined, signing)), secret))).toEqual(JSON.parse(body))
  })

  it('refuses another secret, a changed body, an old timestamp', ({ skip }) => {
    skip(!isThere, `${command} is not installed here: the ${language} example was not run`)
    const stranger = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
    expect(() => run(body, JSON.stringify(request()), stranger)).toThrow()
    expect(() => run(`${body} `, JSON.stringify(request()), NEW)).toThrow()
    expect(() => run(body, JSON.stringify(request(Math.floor(Date.now() / 1000) - 600)), NEW)).toThrow()
  })
})
