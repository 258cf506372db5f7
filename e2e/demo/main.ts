import { randomUUID } from 'node:crypto'
import QRCode from 'qrcode'
import { makeApi } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { waitForStatus } from '../support/session.ts'
import { makeSimulator } from '../support/simulator.ts'
import { startWebhookReceiver } from '../support/webhook-receiver.ts'
import { makeSteps } from './steps.ts'

/**
 * `npm run demo`: the tour of the whole platform, on free ports and in a data directory of its own. Exit code 0 only if
 * every step was verified from outside: what a contact received is read from the simulator, not from our API.
 */
const PHONE = '+5511900000001'
const CONTACT = '+5511988887777'

const main = async (): Promise<void> => {
  const dataDir = temporaryDataDir()
  const { step, count, seconds } = makeSteps(12)
  const receiver = await startWebhookReceiver()
  let platform: Awaited<ReturnType<typeof startPlatform>> | null = null
  try {
    platform = await step('start the platform (npm start)', async () => {
      const started = await startPlatform({ dataDir })
      return { result: started, proof: started.ready.apiUrl }
    })
    const { ready } = platform
    const admin = makeApi(ready.apiUrl, ready.adminKey)
    const { api, tenantId } = await step('create a tenant and a test key (admin API)', async () => {
      const tenant = await admin.post('/v1/tenants', { name: 'Demo' })
      const key = await admin.post(`/v1/tenants/${tenant.id}/keys`, { name: 'demo', mode: 'test', scopes: ['*'] })
      return {
        result: { api: makeApi(ready.apiUrl, key.key), tenantId: tenant.id as string },
        proof: `${tenant.id}, ${key.start}…`,
      }
    })
    const simulator = makeSimulator(ready.simulator.controlUrl, tenantId)
    await step('register a webhook endpoint', async () => {
      const endpoint = await api.post('/v1/webhook-endpoints', { url: receiver.url, events: ['*', 'session.qr'] })
      receiver.useSecret(endpoint.secret)
      return { result: endpoint, proof: endpoint.id }
    })
    const sessionId = await step('create a session and ask to link it', async () => {
      const session = await api.post('/v1/sessions', { name: 'Demo line' })
      await api.post(`/v1/sessions/${session.id}/link`, { method: 'qr' })
      return { result: session.id as string, proof: session.id }
    })
    const qr = await step('a worker starts and shows a QR', async () => {
      const answer = await eventually(
        'the QR',
        async () => {
          const raw = await api.raw('GET', `/v1/sessions/${sessionId}/qr`)
          return raw.status === 200 ? raw.body : null
        },
        60_000,
      )
      return { result: answer.qr as string, proof: `attempt ${answer.attempt}` }
    })
    process.stdout.write(`${await QRCode.toString(qr, { type: 'terminal', small: true, errorCorrectionLevel: 'L' })}\n`)
    await step('the simulated phone scans it; the session connects', async () => {
      await api.post(`/v1/test/sessions/${sessionId}/scan`, { phone: PHONE })
      const session = await waitForStatus(api, sessionId, 'connected')
      return { result: session, proof: `${session.phone} on ${session.workerId}` }
    })
    const nonce = `nonce ${randomUUID()}`
    const message = await step('send a text; the contact decrypts exactly this text', async () => {
      const sent = await api.post(
        '/v1/messages',
        { sessionId, to: CONTACT, type: 'text', text: { body: nonce } },
        { 'idempotency-key': nonce },
      )
      const got = await eventually('the decrypted text at the contact', async () =>
        (await simulator.inbox(CONTACT)).find((item) => item.text === nonce),
      )
      if (got.whatsappId !== sent.whatsappId)
        throw new Error(`WhatsApp id ${got.whatsappId} instead of ${sent.whatsappId}`)
      return { result: sent, proof: `"${got.text}"` }
    })
    await step('the same Idempotency-Key makes no second message', async () => {
      const again = await api.post(
        '/v1/messages',
        { sessionId, to: CONTACT, type: 'text', text: { body: nonce } },
        { 'idempotency-key': nonce },
      )
      if (again.id !== message.id) throw new Error(`another message: ${again.id}`)
      return { result: null, proof: again.id }
    })
    await step('delivered and read receipts arrive', async () => {
      await simulator.read(CONTACT, message.whatsappId)
      const read = await eventually('status read', async () => {
        const now = await api.get(`/v1/messages/${message.id}`)
        return now.status === 'read' ? now : null
      })
      return { result: read, proof: `sent ${read.sentAt}, read ${read.readAt}` }
    })
    const reply = `reply ${randomUUID()}`
    await step('the contact replies; the signed webhook is verified', async () => {
      await api.post(`/v1/test/sessions/${sessionId}/receive`, { from: CONTACT, text: reply })
      const hook = await eventually('the webhook', async () =>
        receiver.received.find(
          (item) => item.event.type === 'message.received' && item.event.data.message.text.body === reply,
        ),
      )
      if (!hook.verified) throw new Error('the signature does not verify')
      return { result: hook, proof: `${hook.id}, sequence ${hook.event.sequence}, signature verified` }
    })
    await step('kill -9 the worker; the session is back without a QR', async () => {
      const before = await api.get(`/v1/sessions/${sessionId}`)
      const worker = (await platform!.processes()).find((item) => item.workerId === before.workerId)
      if (!worker) throw new Error(`no process for ${before.workerId}`)
      const queued = `after the crash ${randomUUID()}`
      process.kill(worker.pid, 'SIGKILL')
      const sent = await api.post('/v1/messages', { sessionId, to: CONTACT, type: 'text', text: { body: queued } })
      const back = await eventually(
        'the session on another worker',
        async () => {
          const session = await api.get(`/v1/sessions/${sessionId}`)
          return session.status === 'connected' && session.workerId && session.workerId !== before.workerId
            ? session
            : null
        },
        90_000,
      )
      await eventually('the message sent during the outage', async () =>
        (await simulator.inbox(CONTACT)).find((item) => item.whatsappId === sent.whatsappId && item.text === queued),
      )
      const devices = await simulator.devices(PHONE)
      if (devices.length !== 1) throw new Error(`${devices.length} linked devices: it was linked again`)
      return { result: back, proof: `now on ${back.workerId}, the waiting message arrived` }
    })
    await step('every event of the session has its webhook, gap-free', async () => {
      const events = await eventually('a webhook for each event', async () => {
        const { data } = await api.get(`/v1/events?sessionId=${sessionId}&afterSequence=0&limit=100`)
        const ids = new Set(receiver.received.map((item) => item.id))
        return data.length > 0 && data.every((event: any) => ids.has(event.id)) ? data : null
      })
      events.forEach((event: any, index: number) => {
        if (event.sequence !== index + 1) throw new Error(`sequence ${event.sequence} at place ${index + 1}`)
      })
      if (receiver.received.some((item) => !item.verified)) throw new Error('a webhook did not verify')
      return {
        result: null,
        proof: `${events.length} events, ${receiver.received.length} webhooks, all signatures verified`,
      }
    })
    process.stdout.write(
      `\n${count()} steps verified in ${seconds().toFixed(1)} s. Start the platform for yourself with: npm start\n`,
    )
  } finally {
    await platform?.stop()
    await receiver.stop()
    removeDataDir(dataDir)
  }
}

main().catch(() => {
  process.stdout.write(
    '\nThe demo stopped at the failed step above. More detail: FLEETLINE_E2E_VERBOSE=1 npm run demo\n',
  )
  process.exitCode = 1
})
