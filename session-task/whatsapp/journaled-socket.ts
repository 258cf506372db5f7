import './repairs/console-silence.ts'
import './repairs/curve-verify.ts'
import './repairs/fast-verify.ts'
import makeWASocket, { type BinaryNode, type WASocket } from '@whiskeysockets/baileys'
import type { InboundRecord } from '../auth-log/records.ts'
import { LogLostError } from '../auth-log/session-log.ts'
import { keepCanary } from './canary.ts'
import type { ConnectionOptions, DecryptedStanza } from './connection.ts'
import type { loadCredentials } from './credentials.ts'
import { DISCONNECT_MESSAGES, DisconnectError } from './disconnect.ts'
import { giveUp, journalStanzas, reportUndecryptable } from './inbound-journal.ts'
import { makeKeyStore } from './key-store.ts'
import { errorName } from './library-log.ts'
import { onLogLost } from './log-loss.ts'
import { boundRetries } from './repairs/bounded-retries.ts'
import { withCapturedRejections } from './repairs/captured-rejections.ts'
import { flushEventsAtEnd } from './repairs/end-flush.ts'
import { terminateHalfOpen } from './repairs/half-open-close.ts'
import { watchLogin } from './repairs/login-watchdog.ts'
import { rejectQueriesAtEnd } from './repairs/pending-queries.ts'
import { ackStatusStanzas } from './repairs/status-ack.ts'
import { completeCredentialUpdates } from './repairs/stray-presence.ts'
import { writeKeysThrough } from './repairs/write-through-keys.ts'
import { journalResentContent } from './resent-content.ts'
import { sessionCaches } from './session-caches.ts'
import { makeJournaledRepository } from './signal-repository.ts'
import { socketOptions } from './socket-options.ts'
import { rememberStanzas, type StanzaMemory } from './stanza-memory.ts'
import { answersIn, UnansweredStanzas, watchStanzas } from './unanswered-stanzas.ts'
import { resumeUnfinished } from './unfinished-stanzas.ts'
import { watchConnection } from './watchdog.ts'
import { installWireGate, type RawSocket, type WireGate } from './wire-gate.ts'

const CONNECTION_LOST = 408
const INTERNAL_ERROR = 500

type ClosableRawSocket = RawSocket & Parameters<typeof terminateHalfOpen>[0]

export interface JournaledSocket {
  readonly socket: WASocket
  readonly gate: WireGate
  /** What the socket and the library still hold is neither read nor answered: WhatsApp delivers it again. */
  closeIntake(): void
  /** the connection is open: the library gets what an earlier one left unfinished */
  onOpen(): void
  /** the connection closed: nothing leaves any more, no timer runs */
  onClose(): void
}

/**
 * The library's socket over the session's log, with everything that makes it keep our promises (docs/protocol.md §5):
 * keys and stanzas are journaled first, frames wait at the gate, known defects are repaired, a deaf connection ends.
 */
export const makeJournaledSocket = (
  options: ConnectionOptions,
  creds: ReturnType<typeof loadCredentials>,
): JournaledSocket => {
  const { log, events, logger } = options
  const caches = sessionCaches(log)
  let stanzas: StanzaMemory | null = null
  let isIntakeClosed = false
  /** A stanza that the session cannot journal must be neither acked nor refused: it comes again after a reconnect. */
  const endUnjournaled = (error: unknown): void => {
    gate.shut()
    void socket.end(new DisconnectError(INTERNAL_ERROR, DISCONNECT_MESSAGES.journalFailed, error))
  }
  const onDecrypted = (stanza: DecryptedStanza): InboundRecord => {
    try {
      return events.onDecrypted(stanza)
    } catch (error) {
      endUnjournaled(error)
      throw error
    }
  }
  /** For listeners inside the library, which does not expect them to throw. */
  const journal = (append: () => void): void => {
    try {
      append()
    } catch (error) {
      if (!(error instanceof LogLostError)) endUnjournaled(error)
    }
  }
  const keys = makeKeyStore(log, onDecrypted)
  const unanswered = new UnansweredStanzas()
  const makeSignalRepository = makeJournaledRepository(
    log,
    { onDecrypted },
    { of: (ciphertext) => stanzas?.of(ciphertext), isIntakeClosed: () => isIntakeClosed },
  )
  const socket = withCapturedRejections(
    () =>
      makeWASocket({
        ...socketOptions(options, Math.random(), (fields) => {
          for (const { tag, id } of answersIn(fields)) unanswered.answered(tag, id, performance.now())
        }),
        auth: { creds, keys },
        makeSignalRepository,
      }),
    (error) => logger.error({ cause: errorName(error) }, 'unexpected error in the connection; it is closed'),
  )
  // everything below runs before the first byte of the connection
  stanzas = rememberStanzas(socket.ws)
  journalStanzas(socket.ws, log, events, journal)
  journalResentContent(socket.ev, log, events, journal)
  watchStanzas(socket.ws, unanswered)
  socket.ws.prependListener('CB:notification,type:w:gp2', ({ attrs }: BinaryNode) => {
    if (attrs.from) caches.groups.del(attrs.from)
  })
  const raw = (socket.ws as unknown as { socket: ClosableRawSocket }).socket
  terminateHalfOpen(raw)
  const gate = installWireGate(raw, log, (failure) => {
    void socket.end(
      new DisconnectError(0, failure === 'log_lost' ? DISCONNECT_MESSAGES.logLost : DISCONNECT_MESSAGES.backpressure),
    )
  })
  completeCredentialUpdates(socket)
  writeKeysThrough(socket, keys, (name, trouble) => {
    logger.error({ transaction: name.includes('@') ? 'jid' : name, trouble }, 'a transaction of the library takes long')
    if (trouble === 'hung') void socket.end(new DisconnectError(CONNECTION_LOST, DISCONNECT_MESSAGES.lockStalled))
  })
  boundRetries(socket, caches.askedAgain)
  flushEventsAtEnd(socket)
  rejectQueriesAtEnd(socket)
  watchLogin(socket, options.loginTimeoutMs)
  ackStatusStanzas(
    socket,
    (id) => unanswered.answered('status', id, performance.now()),
    (error) => logger.warn({ cause: errorName(error) }, 'a status stanza could not be acked'),
  )
  const unfinished = resumeUnfinished(socket.ws, log, (error) =>
    logger.warn({ cause: errorName(error) }, 'unfinished stanzas could not be marked'),
  )
  const canary = keepCanary(socket, logger, options.canaryLimits)
  const stops = [
    canary.stop,
    unfinished.stop,
    reportUndecryptable(log, events, journal, options.undecryptableAfterMs),
    watchConnection(socket, unanswered, {
      stuckBefore: caches.stuckStanzas,
      giveUp: ({ stanza }) => journal(() => giveUp(log, stanza)),
      logger,
      ...(options.watchdogLimits ? { limits: options.watchdogLimits } : {}),
    }),
  ]
  const forgetLog = onLogLost(log, (loss) => {
    gate.shut()
    void socket.end(new DisconnectError(0, DISCONNECT_MESSAGES.logLost, { loss }))
  })

  return {
    socket,
    gate,
    closeIntake: () => {
      isIntakeClosed = true
      gate.shut()
    },
    onOpen: () => {
      canary.start()
      unfinished
        .start()
        .catch((error) => logger.warn({ cause: errorName(error) }, 'an unfinished stanza could not be resumed'))
    },
    onClose: () => {
      gate.shut()
      forgetLog()
      for (const stop of stops) stop()
    },
  }
}
