import type { SessionRow } from '../../shared/store/rows/session.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import { DISCONNECT_MESSAGES } from '../whatsapp/disconnect.ts'
import { AutoRead } from './auto-read.ts'
import { planConnection } from './connect-plan.ts'
import { Connector, type ConnectorListener } from './connector.ts'
import { ContactBook } from './contact-book.ts'
import { Housekeeping } from './housekeeping.ts'
import { Journal } from './journal.ts'
import { MediaInbox } from './media-inbox.ts'
import { OperationRunner } from './operations/operation-runner.ts'
import { Outbox } from './outbox.ts'
import { Pacer } from './pacer.ts'
import { PresenceTeller } from './presence-teller.ts'
import { Projector } from './projector.ts'
import { loadSentProto } from './sent-proto.ts'
import type { SessionContext } from './session-context.ts'
import { Standing } from './standing.ts'

const BACKPRESSURE = { code: 0, message: DISCONNECT_MESSAGES.backpressure }

/** What a session with an open log consists of. */
export interface SessionParts {
  /** what is said of it */
  readonly standing: Standing
  readonly connector: Connector
  /** records → rows and events */
  readonly projector: Projector
  readonly outbox: Outbox
  readonly operations: OperationRunner
  readonly mediaInbox: MediaInbox
  readonly presence: PresenceTeller
  readonly housekeeping: Housekeeping
}

/** Makes the parts and tells each which others it calls; none of them connects or reads a row by being made. */
export const makeSessionParts = (input: {
  context: SessionContext
  sessionLog: SessionLog
  row: SessionRow | null
  connections: Omit<ConnectorListener, 'isFull' | 'plan' | 'ownProxy' | 'loadSentProto'>
  /** a frame got no answer */
  onNoAck: () => void
  /** its events clash with those that stand */
  onBroken: (error: Error) => void
}): SessionParts => {
  const { context, sessionLog } = input
  const journal = new Journal(sessionLog, () => projector.kick())
  const standing = new Standing({ context, sessionLog, journal, row: input.row })
  const book = new ContactBook(context)
  const housekeeping = new Housekeeping({
    context,
    sessionLog,
    journal,
    standing,
    book,
    settled: () => projector.settled(),
    isConnected: () => connector.connection?.isOpen ?? false,
  })
  const mediaInbox = new MediaInbox({ context, sessionLog, journal })
  const outbox = new Outbox({
    context,
    sessionLog,
    journal,
    book,
    pacer: new Pacer({ context, standing, book }),
    standing,
    onNoAck: input.onNoAck,
    ackTimeoutMs: context.services.ackTimeoutMs,
  })
  const presence = new PresenceTeller(context, book)
  const operations = new OperationRunner({ context, sessionLog, book, standing })
  const autoRead = new AutoRead({ context, standing, onAccepted: () => operations.ring() })
  const projector: Projector = new Projector({
    beforeDone: (records) => autoRead.accept(records),
    context,
    sessionLog,
    own: () => standing.own,
    book,
    onProjected: (records) => {
      outbox.onProjected(records)
      housekeeping.afterProjection()
      if (records.some((record) => record.t === 'in' && record.event?.keepsProto)) mediaInbox.ring()
    },
    onBroken: input.onBroken,
    onBackpressure: () => {
      if (connector.connection) connector.close(BACKPRESSURE)
    },
  })
  const connector = new Connector({
    context,
    sessionLog,
    listener: {
      ...input.connections,
      isFull: () => !projector.hasRoom(),
      plan: () => planConnection(standing.row, sessionLog.state.creds),
      ownProxy: () => standing.row?.proxy?.sealed ?? null,
      loadSentProto: (whatsappId) => loadSentProto(context, sessionLog, whatsappId),
    },
  })
  return { standing, connector, projector, outbox, operations, mediaInbox, presence, housekeeping }
}
