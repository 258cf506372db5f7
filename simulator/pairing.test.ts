import { generateKeyPairSync } from 'node:crypto'
import { initAuthCreds } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Fixture, startFixture, violationsOf } from './testing/fixture.ts'
import { until } from './testing/until.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await startFixture()
})
afterAll(() => fixture.stop())

const PHONE = '5511900000001'

type Problem = { status: number; code: string; detail: string }

test('a client linked by QR is told to restart with 515 and then logs in without a new QR', async () => {
  const control = fixture.control.in('qr')
  const client = fixture.client().connect()
  const linked = await control.call('POST', `/phones/+${PHONE}/scan`, { qr: await client.qr() })
  expect(await client.closed()).toBe(515)
  client.connect()
  await client.opened()
  expect(client.auth.creds.me?.id).toBe(linked.jid)
  expect(client.updates.some(({ qr }) => qr)).toBe(false)
  const { data } = await control.call<{ data: object[] }>('GET', `/phones/${PHONE}/devices`)
  expect(data).toMatchObject([{ deviceId: linked.deviceId, status: 'active', connected: true }])
})

test('login reaches open without running into a query time-out, and the phone shares its app-state key', async () => {
  const client = await fixture.linkedClient(fixture.control.in('aftermath'), PHONE, { defaultQueryTimeoutMs: 2000 })
  await until('app-state key', () => client.auth.creds.myAppStateKeyId)
  const startedAt = Date.now()
  client.connect()
  await client.opened()
  expect(Date.now() - startedAt).toBeLessThan(1500)
})

test('a client is linked by the pairing code it shows, typed into the phone', async () => {
  const control = fixture.control.in('code')
  const client = fixture.client().connect()
  await client.qr()
  const code = await client.socket.requestPairingCode(PHONE)
  await control.call('POST', `/phones/${PHONE}/code`, { code: `${code.slice(0, 4)}-${code.slice(4).toLowerCase()}` })
  expect(await client.closed()).toBe(515)
  client.connect()
  await client.opened()
})

test('a wrong pairing code links nothing', async () => {
  const control = fixture.control.in('wrong-code')
  const client = fixture.client().connect()
  await client.qr()
  const code = await client.socket.requestPairingCode('5511900000002')
  const wrong = code === 'AAAAAAAA' ? 'BBBBBBBB' : 'AAAAAAAA'
  const reply = await control.raw<Problem>('POST', '/phones/5511900000002/code', { code: wrong })
  expect(reply).toMatchObject({ status: 400, body: { code: 'wrong_code' } })
})

test('a browser name the real server refuses for code pairing is refused here too', async () => {
  const control = fixture.control.in('browser')
  const client = fixture.client({ browser: ['Acme', 'Chrome', '1'] }).connect()
  await client.qr()
  const refused = new Promise((resolve) => client.socket.ws.on('CB:iq,type:error', resolve))
  await client.socket.requestPairingCode('5511900000003')
  await refused
  const reply = await control.raw<Problem>('POST', '/phones/5511900000003/code', { code: 'AAAAAAAA' })
  expect(reply.body.code).toBe('no_code_requested')
})

test('a QR that is malformed, unknown, of another socket, used or gone is refused with a clear code', async () => {
  const control = fixture.control.in('bad-qr')
  const client = fixture.client().connect()
  const qr = await client.qr()
  const codeOf = async (text: string) => {
    const { body } = await control.raw<Problem>('POST', `/phones/${PHONE}/scan`, { qr: text })
    return body.code
  }
  expect(await codeOf('hello')).toBe('malformed_qr')
  const fields = qr.slice(qr.indexOf('#') + 1).split(',')
  const key = Buffer.alloc(32, 7).toString('base64')
  expect(await codeOf(['2@nobody', ...fields.slice(1)].join(','))).toBe('unknown_ref')
  expect(await codeOf([fields[0], key, ...fields.slice(2)].join(','))).toBe('malformed_qr')
  const gone = fixture.client().connect()
  const goneQr = await gone.qr()
  await gone.end()
  await until('the server to notice', async () => (await codeOf(goneQr)) === 'expired_ref')
  await control.call('POST', `/phones/${PHONE}/scan`, { qr })
  expect(await codeOf(qr)).toBe('ref_used')
})

test('with the signature check repaired a client hangs up on a certificate of another root', async () => {
  const control = fixture.control.in('forged-certificate')
  await control.call('POST', '/faults', { kind: 'forgedCertificate' })
  const url = `${fixture.simulator.socketUrl}?namespace=forged-certificate`
  const client = fixture.client({ waWebSocketUrl: url }).connect()
  expect(await client.closed()).toBe(400)
  client.connect()
  expect(await client.qr()).toContain('#')
})

test('with the signature check repaired a client refuses an account signature of somebody else', async () => {
  const control = fixture.control.in('forged-account')
  await control.call('POST', '/faults', { kind: 'forgedAccountSignature', phone: PHONE })
  const client = fixture.client().connect()
  const reply = await control.raw<Problem>('POST', `/phones/${PHONE}/scan`, { qr: await client.qr() })
  expect(reply).toMatchObject({ status: 409, body: { code: 'client_refused' } })
  expect(client.auth.creds.me).toBeUndefined()
  expect(await control.call('GET', `/phones/${PHONE}/devices`)).toEqual({ data: [] })
})

test('the server refuses a client whose device signature is not made by the identity it registered', async () => {
  const control = fixture.control.in('bad-device-signature')
  const client = fixture.client().connect()
  const qr = await client.qr()
  const { privateKey } = generateKeyPairSync('x25519')
  const key = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  Object.assign(client.auth.creds.signedIdentityKey, { private: key })
  const reply = await control.raw<Problem>('POST', `/phones/${PHONE}/scan`, { qr })
  expect(reply).toMatchObject({ status: 409, body: { code: 'bad_device_signature' } })
  expect(await client.closed()).toBe(401)
  expect(await violationsOf(control)).toEqual(['bad_device_signature'])
})

test('an unlinked device is cut off with 401 and stays out', async () => {
  const control = fixture.control.in('unlink')
  const client = await fixture.linkedClient(control, PHONE)
  const { data } = await control.call<{ data: { deviceId: number }[] }>('GET', `/phones/${PHONE}/devices`)
  await control.call('DELETE', `/phones/${PHONE}/devices/${data[0]!.deviceId}`)
  expect(await client.closed()).toBe(401)
  client.connect()
  expect(await client.closed()).toBe(401)
  const gone = await control.raw<Problem>('DELETE', `/phones/${PHONE}/devices/${data[0]!.deviceId}`)
  expect(gone).toMatchObject({ status: 404, body: { code: 'unknown_device' } })
})

test('a client that logs out is removed from the phone', async () => {
  const control = fixture.control.in('logout')
  const client = await fixture.linkedClient(control, PHONE)
  await client.socket.logout()
  await until('removal', async () => {
    const { data } = await control.call<{ data: { status: string }[] }>('GET', `/phones/${PHONE}/devices`)
    return data[0]?.status === 'removed'
  })
})

test('a login with the Noise key of another device is refused and recorded', async () => {
  const control = fixture.control.in('wrong-key')
  const client = await fixture.linkedClient(control, PHONE)
  await client.end()
  Object.assign(client.auth.creds, { noiseKey: initAuthCreds().noiseKey })
  client.connect()
  expect(await client.closed()).toBe(401)
  expect(await violationsOf(control)).toContain('noise_key_mismatch')
})

test('a wrong Noise prologue ends the connection and is recorded', async () => {
  const control = fixture.control.in('prologue')
  const socket = new WebSocket(`${fixture.simulator.socketUrl}?namespace=prologue`)
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
    socket.on('error', () => resolve())
  })
  socket.on('open', () => socket.send(Buffer.from([0x57, 0x41, 6, 2, 0, 0, 0])))
  await closed
  expect(await violationsOf(control)).toContain('bad_prologue')
})

test('with companionRegRefresh on, only the QR with the rotated secret links', async () => {
  const control = fixture.control.in('reg-refresh')
  await control.call('PUT', '/settings', { companionRegRefresh: true })
  const client = fixture.client().connect()
  const refresh = new Promise((resolve) => client.socket.ws.on('CB:notification,type:companion_reg_refresh', resolve))
  const fields = (await client.qr()).split(',')
  const scan = (qr: string) => control.raw<Problem>('POST', `/phones/${PHONE}/scan`, { qr })
  expect((await scan(fields.join(','))).body.code).toBe('rescan_required')
  await refresh
  expect((await scan(fields.join(','))).body.code).toBe('stale_secret')
  const secret = Buffer.alloc(32, 9).toString('base64')
  client.auth.creds.advSecretKey = secret
  expect((await scan([...fields.slice(0, 3), secret, fields[4]].join(','))).status).toBe(201)
  expect(await client.closed()).toBe(515)
})
