import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'

/** What the documents show is run as it stands there. */
const run = promisify(execFile)
const dataDir = temporaryDataDir()
const folder = mkdtempSync(join(tmpdir(), 'fleetline-examples-'))
let platform: Platform

beforeAll(async () => {
  platform = await startPlatform({ dataDir })
})
afterAll(async () => {
  await platform?.stop()
  removeDataDir(dataDir)
  rmSync(folder, { recursive: true, force: true })
})

const blocks = (file: string, language: string, after: string): string[] => {
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf(after)
  expect(from).toBeGreaterThanOrEqual(0)
  const end = text.indexOf('\n## ', from)
  const section = text.slice(from, end === -1 ? undefined : end)
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1]!)
}

/** Commands of the shell blocks, in order; a line that ends in a backslash goes on. */
const commandsOf = (file: string, after: string): string[] =>
  blocks(file, 'sh', after)
    .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))

/** Runs them like a person: real addresses and ids in place of the shown ones, again while the platform is at work. */
const runCommands = async (commands: readonly string[]): Promise<Map<string, string>> => {
  const outputs = new Map<string, string>()
  const setup: string[] = []
  let session: string | null = null
  for (const command of commands) {
    if (command.startsWith('export API')) {
      setup.push(
        `export API=${platform.ready.apiUrl} KEY=${platform.ready.testKey} ADMIN_KEY=${platform.ready.adminKey}`,
      )
      continue
    }
    const name = /^export (CON|GROUP)=/.exec(command)?.[1]
    if (name) {
      const shown = name === 'CON' ? /"id":"(con_\w+)"/ : /"id":"(\d+@g\.us)"/
      const ids = [...outputs.values()].map((output) => shown.exec(output)?.[1]).filter(Boolean)
      setup.push(`export ${name}=${ids.at(-1)}`)
      continue
    }
    if (command.startsWith('export SES')) {
      setup.push(`export SES=${session}`)
      continue
    }
    if (command.startsWith('export MSG')) {
      setup.push(`export MSG=${/"id":"(msg_\w+)"/.exec([...outputs.values()].at(-1) ?? '')?.[1]}`)
      continue
    }
    if (!/^(call|curl|admin) /.test(command)) {
      setup.push(command)
      continue
    }
    const expected = /"status":"connected"/.test(command) ? '"status":"connected"' : null
    const output = await eventually(command, async () => {
      const { stdout } = await run('bash', ['-c', [...setup, command].join('\n')])
      if (expected && !stdout.includes(expected)) return null
      if (/\/qr\b/.test(command) && !stdout.includes('"qr"')) return null
      if (/contacts\/|\/events|direction=inbound/.test(command) && stdout.includes('"data":[]')) return null
      if (stdout.includes('"code":"session_state_conflict"')) return null
      return stdout
    })
    expect(output).not.toContain('"errors/')
    expect(output, command).not.toMatch(/"status":[45]\d\d/)
    session ??= /"id":"(ses_\w+)"/.exec(output)?.[1] ?? null
    outputs.set(command, output)
  }
  return outputs
}

describe('documents', () => {
  it('README: five minutes with curl', async () => {
    const outputs = await runCommands(commandsOf('README.md', '## Five minutes with curl'))
    expect([...outputs.values()].join('\n')).toContain('"text":"Hello"')
  })

  it('docs/api: the curl examples', async () => {
    const outputs = await runCommands(commandsOf('docs/api/README.md', '## Examples'))
    expect(outputs.size).toBeGreaterThan(5)
  })

  it('docs/groups: groups, contacts, presence and profile', async () => {
    const tour = commandsOf('README.md', '## Five minutes with curl')
    const connected = tour.findIndex((command) => command.includes('"status":"connected"'))
    const outputs = await runCommands([...tour.slice(0, connected + 1), ...commandsOf('docs/groups.md', '## Examples')])
    const all = [...outputs.values()].join('\n')
    expect(all).toContain('"subject":"Falcon 2"')
    expect(all).toMatch(/"blocked":true/)
    expect(all).not.toMatch(/"status":"(failed|unknown|expired)"/)
  })

  it('docs/messages.md: later, many, found, read', async () => {
    const outputs = await runCommands(commandsOf('docs/messages.md', '## Examples'))
    const said = (part: RegExp) => [...outputs].find(([command]) => part.test(command))?.[1] ?? ''
    expect(said(/cancel/)).toContain('"status":"canceled"')
    expect(said(/batch/).match(/"status":202/g)).toHaveLength(2)
    expect(said(/direction=outbound/)).toMatch(/"body":"Two".*"body":"One".*"status":"canceled"/s)
    expect(said(/\/read/)).toBe('{"messages":1,"hasMore":false}\n')
  })

  it.skipIf(spawnSync('jq', ['--version']).status !== 0)(
    'docs/deploy.md: from the first admin key to the first message, as one script (needs jq)',
    async () => {
      const [script] = blocks('docs/deploy.md', 'sh', '## 6. The first message')
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script!], {
        env: { ...process.env, API: platform.ready.apiUrl, ADMIN_KEY: platform.ready.adminKey },
        timeout: 120_000,
      })
      expect(stdout.trim().split('\n').at(-1)).toMatch(/"id":"msg_\w+".*"status":"(sent|delivered|read)"/)
    },
  )

  it('sdk/README: the quick start', async () => {
    const [block] = blocks('sdk/README.md', 'ts', '## Quick start')
    const file = join(folder, 'quick-start.ts')
    writeFileSync(file, block!.replace("'@fleetline/sdk'", JSON.stringify(resolve('sdk/src/main.ts'))))
    const { stdout } = await run(process.execPath, [file], {
      env: { ...process.env, FLEETLINE_API_KEY: platform.ready.testKey, FLEETLINE_API_URL: platform.ready.apiUrl },
      timeout: 120_000,
    })
    expect(stdout).toMatch(/^msg_\w+ was delivered$/m)
  })
})
