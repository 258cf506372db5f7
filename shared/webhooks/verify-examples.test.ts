import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, describe, expect, it } from 'vitest'
import { signWebhook } from '../core/webhook-signature.ts'

const directory = mkdtempSync(join(tmpdir(), 'fleetline-verify-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** The code of a document, as a reader would copy it. */
const exampleOf = (language: string): string =>
  /```\w+\n([\s\S]*?)```/.exec(readFileSync(join('docs', 'webhooks', `verify.${language}.md`), 'utf8'))![1]!

const OLD = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const NEW = `whsec_${Buffer.alloc(32, 2).toString('base64')}`
const body = JSON.stringify({ z: 'Olá ✓ "', a: 1, id: 'evt_1' })
const request = (timestampSeconds = Math.floor(Date.now() / 1000)) => ({
  'webhook-id': 'evt_1',
  'webhook-timestamp': String(timestampSeconds),
  'webhook-signature': signWebhook({ secrets: [NEW, OLD], webhookId: 'evt_1', timestampSeconds, body }),
})

writeFileSync(
  join(directory, 'example.mjs'),
  `${exampleOf('node')}
const [, , body, headers, secret] = process.argv
process.stdout.write(JSON.stringify(verifyWebhook(body, JSON.parse(headers), secret)))`,
)
writeFileSync(
  join(directory, 'example.py'),
  `${exampleOf('python')}
import sys
print(json.dumps(verify_webhook(sys.argv[1].encode(), json.loads(sys.argv[2]), sys.argv[3])))`,
)
const run = {
  node: (...input: string[]) => execFileSync(process.execPath, [join(directory, 'example.mjs'), ...input], quiet),
  python: (...input: string[]) => execFileSync('python3', [join(directory, 'example.py'), ...input], quiet),
}
const quiet: { encoding: 'utf8'; stdio: ('ignore' | 'pipe')[] } = {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
}
const hasPython = spawnSync('python3', ['--version']).status === 0

it('three live secrets: each verifies one delivery with the reference library', () => {
  const third = `whsec_${Buffer.alloc(32, 3).toString('base64')}`
  const timestampSeconds = Math.floor(Date.now() / 1000)
  const signature = signWebhook({ secrets: [NEW, OLD, third], webhookId: 'evt_1', timestampSeconds, body })
  for (const secret of [NEW, OLD, third])
    expect(() => new Webhook(secret).verify(body, { ...request(), 'webhook-signature': signature })).not.toThrow()
})

describe.each(['node', 'python'] as const)('the %s example of the documents', (language) => {
  it.skipIf(language === 'python' && !hasPython)('takes what we sign, with the old and the new secret', () => {
    for (const secret of [OLD, NEW])
      expect(JSON.parse(run[language](body, JSON.stringify(request()), secret))).toEqual(JSON.parse(body))
  })

  it.skipIf(language === 'python' && !hasPython)('refuses another secret, a changed body, an old timestamp', () => {
    const stranger = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
    expect(() => run[language](body, JSON.stringify(request()), stranger)).toThrow()
    expect(() => run[language](`${body} `, JSON.stringify(request()), NEW)).toThrow()
    expect(() => run[language](body, JSON.stringify(request(Math.floor(Date.now() / 1000) - 600)), NEW)).toThrow()
  })
})
