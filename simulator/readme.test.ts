import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { CONTROL_ROUTES } from './control/http-server.ts'
import { received, startFixture } from './testing/fixture.ts'
import { until } from './testing/until.ts'

const PHONE = '5511900000001'
const CONTACT = '5511988887777'
const CONTACT_JID = `${CONTACT}@s.whatsapp.net`
const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/```bash\n(.*?)```/gs)].map(([, block]) => block!)
const run = promisify(execFile)

test('every example of the README works as it stands', async () => {
  expect(blocks).toHaveLength(2)
  const fixture = await startFixture()
  try {
    const CONTROL = fixture.simulator.controlUrl
    const shell = async (block: string, variables: Record<string, string>) =>
      (await run('bash', ['-euo', 'pipefail', '-c', block], { env: { ...process.env, CONTROL, ...variables } })).stdout
    const client = fixture.client().connect()
    await shell(blocks[0]!, { QR: await client.qr() })
    await client.closed()
    client.connect()
    await client.opened()
    await until('the first synchronisation', () => client.auth.creds.accountSyncCounter > 0)
    const MESSAGE = (await client.socket.sendMessage(CONTACT_JID, { text: 'hello' }))!.key.id!
    const poll = { name: 'Lunch?', values: ['yes', 'no'] }
    const POLL = (await client.socket.sendMessage(CONTACT_JID, { poll }))!.key.id!
    await received(fixture.control, CONTACT, ({ whatsappId }) => whatsappId === POLL)
    const body = { creator: CONTACT, subject: 'Team', participants: [PHONE] }
    const GROUP = (await fixture.control.call<{ jid: string }>('POST', '/groups', body)).jid
    const output = await shell(blocks[1]!, { MESSAGE, POLL, GROUP })
    expect(output).toContain('"subject":"Renamed"')
    expect(output).toContain('\nhello\n')
    await until('the last of the flood', () => client.texts().includes('flood 20'))
  } finally {
    await fixture.stop()
  }
}, 60_000)

test('the README names every route of the control API', () => {
  const missing = CONTROL_ROUTES.map(({ path }) => path.split('/').filter((part) => part && !part.startsWith(':')))
    .map((parts) => parts.at(-1)!)
    .filter((last) => !readme.includes(last))
  expect(missing).toEqual([])
})
