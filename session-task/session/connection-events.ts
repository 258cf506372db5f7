import { LogLostError, type SessionLog } from '../auth-log/session-log.ts'
import type { ConnectionEvents } from '../whatsapp/connection.ts'
import { callNotesOf, type IncomingCall, incomingCallOf } from './call-notes.ts'
import type { Connector } from './connector.ts'
import { groupNotesOf } from './group-notes.ts'
import { inboundRecordOf, undecryptableRecordOf } from './inbound.ts'
import type { MediaInbox } from './media-inbox.ts'
import type { OperationRunner } from './operations/operation-runner.ts'
import type { Outbox } from './outbox.ts'
import type { PresenceTeller } from './presence-teller.ts'
import type { Projector } from './projector.ts'
import type { Standing } from './standing.ts'

/** The library does not expect its listeners to throw; a lost log reports itself. */
const guarded =
  <T>(handle: (data: T) => void) =>
  (data: T): void => {
    try {
      handle(data)
    } catch (error) {
      if (!(error instanceof LogLostError)) throw error
    }
  }

/** What the parts of a session do with what one of its sockets says. */
export const connectionEvents = (
  parts: {
    sessionLog: SessionLog
    standing: Standing
    connector: Connector
    outbox: Outbox
    mediaInbox: MediaInbox
    operations: OperationRunner
    projector: Projector
    presence: PresenceTeller
    rejectCall: (call: IncomingCall) => void
    onConnected: () => void
  },
  isCurrent: () => boolean,
): ConnectionEvents => {
  const { sessionLog, standing, connector, outbox, operations, projector } = parts
  return {
    onQr: guarded(({ text, expiresAt, attempt }) => standing.show({ qr: text, code: null, attempt, expiresAt })),
    onPairingCode: guarded(({ code, expiresAt }) => standing.show({ qr: null, code, attempt: 1, expiresAt })),
    onPaired: guarded((identity) => {
      connector.onPaired()
      standing.remember(identity)
      standing.say({ status: 'connecting', reason: null, eventType: 'session.linked' })
      void standing.clearSight()
    }),
    onOpen: guarded((identity) => {
      if (!isCurrent() || !connector.connection) return
      standing.remember(identity)
      connector.onOpen()
      if (connector.isLoggingOut) return
      // A connection that replaced an old one is nobody's news.
      if (standing.status !== 'connected')
        standing.say({ status: 'connected', reason: null, eventType: 'session.connected' }, identity.pushName)
      outbox.attach(connector.connection)
      parts.mediaInbox.attach(connector.connection)
      operations.attach(connector.connection)
      parts.onConnected()
    }),
    onClose: guarded((info) => {
      if (isCurrent()) connector.close(info)
    }),
    onDecrypted: (stanza) => {
      // The record is appended by the caller in this same run; its rows follow a moment later.
      queueMicrotask(() => projector.weigh())
      setImmediate(() => projector.kick())
      return inboundRecordOf(sessionLog, stanza, standing.own, Date.now(), standing.row?.inbound?.ignore)
    },
    onUndecryptable: (waiting) => {
      setImmediate(() => projector.kick())
      return undecryptableRecordOf(sessionLog, waiting, standing.own, Date.now(), standing.row?.inbound?.ignore)
    },
    onNotification: (notification) => {
      const notes = groupNotesOf(sessionLog, notification, Date.now())
      if (notes.length > 0) setImmediate(() => projector.kick())
      return notes
    },
    onCall: (stanza) => {
      // The record is appended by the caller in this same run; a frame that is made later waits for it.
      const call = incomingCallOf(stanza)
      const isRejected = call?.isRinging === true && standing.row?.calls?.autoReject === true
      const notes = callNotesOf(sessionLog, stanza, Date.now(), isRejected)
      if (notes.length > 0) setImmediate(() => projector.kick())
      if (call && isRejected && notes.length > 0) setImmediate(() => parts.rejectCall(call))
      return notes
    },
    onPresence: (update) => parts.presence.tell(update),
    onServerAck: guarded((ack) => outbox.onServerAck(ack)),
    onNewChatLimit: guarded((limit) => outbox.onNewChatLimit(limit)),
    onReceipt: guarded((receipt) => outbox.onReceipt(receipt)),
  }
}
