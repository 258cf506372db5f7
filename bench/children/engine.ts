import type { SessionLog } from '../../session-task/auth-log/session-log.ts'
import { openMemoryLog, quietLog } from '../../session-task/auth-log/testing/open-memory-log.ts'
import type { ConnectionEvents, WhatsAppConnection } from '../../session-task/whatsapp/connection.ts'
import { openConnection } from '../../session-task/whatsapp/open-connection.ts'
import { inboundRecordOf, noteOf, textOf } from '../../session-task/whatsapp/testing/fake-session.ts'
import { setTrustRoot } from '../../session-task/whatsapp/trust-root.ts'
import { eventIdOf, newId } from '../../shared/core/ids.ts'
import { call, inLanes, measured, serve } from '../support/child-protocol.ts'

interface Session {
  readonly log: SessionLog
  connection: WhatsAppConnection | null
  onAck: (whatsappId: string) => void
  onText: () => void
}

/** The worker's engine: connection, gate and log; the log's device is in memory and answers after the latency. */
serve((options) => {
  setTrustRoot(options.trustRootHex)
  const sessions = new Map<string, Session>()

  const open = async (session: Session, link: { phone: string } | null): Promise<void> => {
    const { log } = session
    const { promise, resolve } = Promise.withResolvers<void>()
    const events: ConnectionEvents = {
      onQr: ({ text }) => void (link && call(options.controlUrl, `phones/${link.phone}/scan`, { qr: text })),
      onPairingCode: () => {},
      onPaired: () => {},
      onOpen: () => resolve(),
      onClose: () => resolve(),
      onServerAck: ({ whatsappId }) => session.onAck(whatsappId),
      onReceipt: () => {},
      onDecrypted: (stanza) => {
        const record = inboundRecordOf(log, stanza, Date.now())
        // Told when it is durable: that is when a row may say so.
        if (textOf(stanza) !== null)
          queueMicrotask(() => void log.durable(log.lastLsn).then(session.onText, () => undefined))
        return record
      },
      onNotification: (notification) => noteOf(log, notification),
    }
    session.connection = openConnection({
      log,
      url: options.socketUrl,
      version: null,
      link: link ? { method: 'qr' } : null,
      events,
      loadSentProto: async () => undefined,
      logger: quietLog,
    })
    await promise
  }

  const link = async (phone: string): Promise<void> => {
    const { log, device } = await openMemoryLog({ sessionId: newId('ses') })
    if (options.latencyMs > 0)
      device.onCall = () => ({ wait: new Promise((resolve) => setTimeout(resolve, options.latencyMs)) })
    const session: Session = { log, connection: null, onAck: () => {}, onText: () => {} }
    await call(options.controlUrl, 'phones', { phone, name: 'Shop' })
    // The server closes with 515 after the pairing and expects a login.
    await open(session, { phone })
    await open(session, null)
    sessions.set(phone, session)
  }

  const send = async (session: Session, contact: string, count: number, window: number): Promise<void> => {
    const { log, connection } = session
    if (!connection) throw new Error('not connected')
    const { promise, resolve } = Promise.withResolvers<void>()
    const messageIds = new Map<string, string>()
    let sent = 0
    let acked = 0
    const sendOne = async (index: number): Promise<void> => {
      const messageId = newId('msg')
      const whatsappId = `3EB0${messageId.slice(-18).toUpperCase()}`
      messageIds.set(whatsappId, messageId)
      const { jid } = await connection.resolve(`+${contact}`)
      log.append([{ t: 'out', messageId, whatsappId, n: 1 }])
      await connection.relay({ jid, whatsappId, proto: connection.encodeText({ body: `text ${index}` }) })
    }
    // One chat: in order, as the outbox does it. What limits is the window of frames without an ack.
    let isSending = false
    const next = async (): Promise<void> => {
      if (isSending) return
      isSending = true
      while (sent < count && sent - acked < window) await sendOne(sent++)
      isSending = false
    }
    session.onAck = (whatsappId) => {
      const messageId = messageIds.get(whatsappId)
      if (!messageId) return
      const sequence = log.takeSequence()
      const at = Date.now()
      log.append([
        { t: 'status', messageId, status: 'sent', sequence, at, eventId: eventIdOf(log.sessionId, sequence, at) },
        // Rows are not this bench's: what the projector would have said.
        { t: 'done', upTo: sequence },
      ])
      if (++acked === count) void log.durable(log.lastLsn).then(resolve)
      else void next()
    }
    await next()
    await promise
  }

  const connect = async (session: Session, texts: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let seen = 0
    session.onText = () => {
      if (++seen >= texts) resolve()
    }
    await open(session, null)
    if (texts > 0) await promise
  }

  const each = (work: (session: Session) => Promise<unknown>) => Promise.all([...sessions.values()].map(work))
  return (request) =>
    measured(async () => {
      switch (request.do) {
        case 'link':
          return inLanes(request.phones, 4, link)
        case 'send':
          await each((session) => send(session, request.contact, request.count, request.window))
          return
        case 'close':
          await each((session) => session.connection?.close() ?? Promise.resolve())
          return
        case 'connect':
          await each((session) => connect(session, request.texts))
          return
        case 'memory':
          return
      }
    })
})
