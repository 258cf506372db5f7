import { type Api, makeApi } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { linkSession, readAllEvents } from '../support/session.ts'
import { makeSimulator } from '../support/simulator.ts'
import { startWebhookReceiver } from '../support/webhook-receiver.ts'

export interface ProcessSession {
  readonly sessionId: string
  readonly phone: string
  /** message id → WhatsApp id, body */
  readonly sent: Map<string, { readonly whatsappId: string; readonly body: string; readonly seed: number }>
  readonly received: Map<string, number>
}

/** The whole platform in its processes, one tenant, and what was asked of it. */
export interface ProcessFleet {
  readonly platform: Platform
  readonly api: Api
  readonly simulator: ReturnType<typeof makeSimulator>
  readonly contact: string
  readonly sessions: readonly ProcessSession[]
  readonly webhooks: Awaited<ReturnType<typeof startWebhookReceiver>>
  stop(): Promise<void>
}

const SESSIONS = 3

/** The key may be out of requests (429): a client asks again. */
export const patiently = (ask: () => Promise<any>): Promise<any> => eventually<any>('an answer', ask, 30_000, 300)

export const startProcessFleet = async (): Promise<ProcessFleet> => {
  const dataDir = temporaryDataDir()
  const platform = await startPlatform({ dataDir })
  const webhooks = await startWebhookReceiver()
  const stop = async () => {
    await platform.stop()
    await webhooks.stop()
    removeDataDir(dataDir)
  }
  try {
    const admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
    const tenant = await admin.post('/v1/tenants', { name: 'Chaos' })
    const { key } = await admin.post(`/v1/tenants/${tenant.id}/keys`, { name: 'chaos', mode: 'test', scopes: ['*'] })
    const api = makeApi(platform.ready.apiUrl, key)
    const simulator = makeSimulator(platform.ready.simulator.controlUrl, tenant.id)
    const endpoint = await api.post('/v1/webhook-endpoints', { url: webhooks.url, events: ['*', 'session.qr'] })
    webhooks.useSecret(endpoint.secret)
    // Without receipts only the server's ack says that a message was taken: what it did not say is sent again.
    const contact = '5511988889999'
    await simulator.call('POST', '/contacts', { phone: contact, name: 'Ana', deliveryReceipts: false })
    const sessions: ProcessSession[] = []
    for (let index = 0; index < SESSIONS; index++) {
      const phone = `55119000007${String(index).padStart(2, '0')}`
      const sessionId = await linkSession(api, `+${phone}`)
      sessions.push({ sessionId, phone, sent: new Map(), received: new Map() })
    }
    return { platform, api, simulator, contact, sessions, webhooks, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const ENDED = ['sent', 'delivered', 'read', 'played', 'unknown', 'failed']

/**
 * All messages have an end, all that came in is told, every event has its webhook.
 * @param seed looks at this seed's messages alone; null: at all
 * @returns what is broken for good
 */
export const checkProcessFleet = async (fleet: ProcessFleet, name: string, seed: number | null): Promise<string[]> => {
  const found: string[] = []
  for (const session of fleet.sessions) {
    const { sessionId, phone, received } = session
    const sent = [...session.sent].filter(([, message]) => seed === null || message.seed === seed)
    const open = new Set(sent.map(([id]) => id))
    await eventually(
      `${name}: every message has an end`,
      async () => {
        for (const id of open) {
          const { status } = await fleet.api.get(`/v1/messages/${id}`)
          if (ENDED.includes(status)) open.delete(id)
          else throw new Error(`${id} is ${status}, ${open.size} are open`)
        }
        return true
      },
      90_000,
      200,
    )
    const events = await eventually(
      `${name}: everything that came in is an event`,
      async () => {
        const all = await readAllEvents(fleet.api, sessionId)
        const told = new Set(all.map((event) => event.data.message?.whatsappId))
        const missing = [...received.keys()].filter((id) => !told.has(id))
        if (missing.length > 0) throw new Error(`no event of ${missing.join(', ')}`)
        return all
      },
      90_000,
      200,
    )
    if (events.some((event, index) => event.sequence !== index + 1)) found.push(`I7 ${name}: a gap in the sequence`)
    const inbound = events
      .filter((event) => event.type === 'message.received')
      .map((event) => event.data.message.whatsappId)
    if (new Set(inbound).size !== inbound.length) found.push(`I6 ${name}: ${sessionId} told a message twice`)
    await eventually(
      `${name}: every event has its webhook`,
      async () => {
        const posted = new Set(fleet.webhooks.received.map(({ id }) => id))
        return events.every((event) => posted.has(event.id))
      },
      90_000,
      200,
    )
    found.push(...(await checkWire(fleet, session, sent, name)))
    if ((await fleet.simulator.devices(phone)).length !== 1) found.push(`I9 ${name}: ${phone} was linked again`)
    await eventually(
      `I9 ${name}: ${sessionId} is connected within 120 s`,
      async () => {
        const { status, reason } = await fleet.api.get(`/v1/sessions/${sessionId}`)
        if (status === 'connected') return true
        throw new Error(`it is ${status} ${reason?.code ?? ''}`)
      },
      120_000,
      200,
    )
  }
  for (const violation of await fleet.simulator.violations()) found.push(`I5 ${name}: ${JSON.stringify(violation)}`)
  return found
}

const checkWire = async (
  fleet: ProcessFleet,
  session: ProcessSession,
  sent: readonly [string, { readonly whatsappId: string }][],
  name: string,
): Promise<string[]> => {
  const found: string[] = []
  const frames = (await fleet.simulator.wire(`?phone=${session.phone}&tag=message&limit=100000`)).filter(
    ({ direction }) => direction === 'in',
  )
  const byId = Map.groupBy(frames, ({ id }) => id)
  for (const [id, { whatsappId }] of sent) {
    const own = byId.get(whatsappId) ?? []
    const copies = own.flatMap(({ recipients }) => recipients ?? [])
    const { status } = await patiently(() => fleet.api.get(`/v1/messages/${id}`))
    const isSaid = ['sent', 'delivered', 'read', 'played'].includes(status)
    if (!isSaid) found.push(`I1 LOST ${name}: ${id} ended as ${status} after ${own.length} frames`)
    if (isSaid && !copies.some(({ jid, plaintextSha256 }) => plaintextSha256 && !jid?.startsWith(session.phone)))
      found.push(`I1 LOST ${name}: ${id} is ${status}, its contact never read it`)
    if (own.length > 4) found.push(`I2 ${name}: ${own.length} frames of ${id}`)
    for (const [jid, same] of Map.groupBy(copies, (copy) => copy.jid))
      if (new Set(same.map(({ plaintextSha256 }) => plaintextSha256).filter(Boolean)).size > 1)
        found.push(`I2 ${name}: ${id} reached ${jid} with different contents`)
  }
  return found
}

export const countRepeats = async (fleet: ProcessFleet): Promise<number> => {
  let repeats = 0
  for (const { phone, sent } of fleet.sessions) {
    const frames = (await fleet.simulator.wire(`?phone=${phone}&tag=message&limit=100000`)).filter(
      ({ direction }) => direction === 'in',
    )
    const ids = new Set([...sent.values()].map(({ whatsappId }) => whatsappId))
    const own = frames.filter(({ id }) => id && ids.has(id))
    repeats += own.length - new Set(own.map(({ id }) => id)).size
  }
  return repeats
}
