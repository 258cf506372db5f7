import './repairs/console-silence.ts'
import './repairs/curve-verify.ts'
import './repairs/fast-verify.ts'
import makeWASocket, { type BinaryNode, jidDecode } from '@whiskeysockets/baileys'
import type { InboundRecord } from '../auth-log/records.ts'
import { LogLostError } from '../auth-log/session-log.ts'
import type { DecryptedStanza, DisconnectInfo, OpenConnection, WhatsAppConnection } from './connection.ts'
import { appendCredentials, isLinked, loadCredentials, ownIdentity, ownUsers } from './credentials.ts'
import { DISCONNECT_MESSAGES, DisconnectError, describeDisconnect } from './disconnect.ts'
import { WhatsAppError } from './errors.ts'
import { giveUp, journalStanzas, reportUndecryptable } from './inbound-journal.ts'
import { makeKeyStore } from './key-store.ts'
import { errorName } from './library-log.ts'
import { onLogLost } from './log-loss.ts'
import { readNewChatLimits, watchNewChatLimits } from './new-chat-limits.ts'
import { encodeText, relayProto } from './outbound.ts'
import { withCapturedRejections } from './repairs/captured-rejections.ts'
import { flushEventsAtEnd } from './repairs/end-flush.ts'
import { terminateHalfOpen } from './repairs/half-open-close.ts'
import { watchLogin } from './repairs/login-watchdog.ts'
import { rejectQueriesAtEnd } from './repairs/pending-queries.ts'
import { ackStatusStanzas } from './repairs/status-ack.ts'
import { completeCredentialUpdates } from './repairs/stray-presence.ts'
import { writeKeysThrough } from './repairs/write-through-keys.ts'
import { resolvePhone } from './resolve.ts'
import { sessionCaches } from './session-caches.ts'
import { makeJournaledRepository } from './signal-repository.ts'
import { socketOptions } from './socket-options.ts'
import { parseReceipt, parseServerAck } from './stanza-events.ts'
import type { StanzaMemory } from './stanza-memory.ts'
import { rememberStanzas } from './stanza-memory.ts'
import { startLinking } from './start-linking.ts'
import { answersIn, UnansweredStanzas, watchStanzas } from './unanswered-stanzas.ts'
import { resumeUnfinished } from './unfinished-stanzas.ts'
import { watchConnection } from './watchdog.ts'
import { installWireGate, type RawSocket } from './wire-gate.ts'

const LOGGED_OUT = 401
const CONNECTION_LOST = 408
const INTERNAL_ERROR = 500
const STALE_DEVICES = 479
const LOGOUT_ANSWER_MS = 5_000
const DRAIN_TIMEOUT_MS = 10_000

type ClosableRawSocket = RawSocket & Parameters<typeof terminateHalfOpen>[0]

const waitAtMost = async (work: Promise<unknown>, timeoutMs: number): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Opens one socket over the session's log. See WhatsAppConnection for the promises.
 * @throws WhatsAppError not_linked when `link` is null and the log holds no linked credentials
 */
export const openConnection: OpenConnection = (options) => {
  const { log, events, logger } = options
  const creds = loadCredentials(log)
  if (!options.link && !isLinked(creds)) throw new WhatsAppError('not_linked', 'the session is not linked to a phone')

  let stanzas: StanzaMemory | null = null
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
    { of: (ciphertext) => stanzas?.of(ciphertext) },
  )
  const socket = withCapturedRejections(
    () =>
      makeWASocket({
        ...socketOptions(options, Math.random(), (fields) => {
          for (const { tag, id } of answersIn(fields)) unanswered.answered(tag, id)
        }),
        auth: { creds, keys },
        makeSignalRepository,
      }),
    (error) => logger.error({ cause: errorName(error) }, 'unexpected error in the connection; it is closed'),
  )
  // everything below runs before the first byte of the connection
  stanzas = rememberStanzas(socket.ws)
  journalStanzas(socket.ws, log, events, journal)
  watchStanzas(socket.ws, unanswered)
  const raw = (socket.ws as unknown as { socket: ClosableRawSocket }).socket
  terminateHalfOpen(raw)
  const gate = installWireGate(raw, log, (failure) => {
    void socket.end(
      new DisconnectError(0, failure === 'log_lost' ? DISCONNECT_MESSAGES.logLost : DISCONNECT_MESSAGES.backpressure),
    )
  })
  completeCredentialUpdates(socket)
  writeKeysThrough(socket, keys, (name) => {
    logger.error({ transaction: name.includes('@') ? 'jid' : name }, 'a transaction of the library does not end')
    void socket.end(new DisconnectError(CONNECTION_LOST, DISCONNECT_MESSAGES.lockStalled))
  })
  flushEventsAtEnd(socket)
  rejectQueriesAtEnd(socket)
  watchLogin(socket, options.loginTimeoutMs)
  ackStatusStanzas(
    socket,
    (id) => unanswered.answered('status', id),
    (error) => logger.warn({ cause: errorName(error) }, 'a status stanza could not be acked'),
  )
  const unfinished = resumeUnfinished(socket.ws, log, (error) =>
    logger.warn({ cause: errorName(error) }, 'unfinished stanzas could not be marked'),
  )
  const stops = [
    unfinished.stop,
    reportUndecryptable(log, events, journal, options.undecryptableAfterMs),
    watchConnection(socket, unanswered, {
      stuckBefore: sessionCaches(log).stuckStanzas,
      giveUp: ({ stanza }) => journal(() => giveUp(log, stanza)),
      logger,
      ...(options.watchdogLimits ? { limits: options.watchdogLimits } : {}),
    }),
  ]
  const forgetLog = onLogLost(log, (loss) => {
    gate.shut()
    void socket.end(new DisconnectError(0, DISCONNECT_MESSAGES.logLost, { loss }))
  })

  const closed = Promise.withResolvers<DisconnectInfo>()
  const waiting = new Set<(error: WhatsAppError) => void>()
  let isOpen = false
  let isClosed = false
  let isLoggingOut = false

  /** The server may end the stream of a device that logs out before it answers: that is no removal by the phone. */
  const describeClose = (error: unknown): DisconnectInfo => {
    const info = describeDisconnect(error)
    return isLoggingOut && info.code === LOGGED_OUT
      ? { code: LOGGED_OUT, message: DISCONNECT_MESSAGES.intentionalLogout }
      : info
  }

  socket.ev.on('creds.update', () => {
    try {
      appendCredentials(log, socket.authState.creds)
    } catch (error) {
      // the listener runs inside the library, which does not expect it to throw; the gate lets nothing out any more
      if (!(error instanceof LogLostError)) throw error
    }
  })
  watchNewChatLimits(socket, (limit) => events.onNewChatLimit?.(limit))
  socket.ev.on('connection.update', ({ connection, isNewLogin, lastDisconnect }) => {
    if (isNewLogin) events.onPaired(ownIdentity(socket.authState.creds))
    if (connection === 'open') {
      isOpen = true
      events.onOpen(ownIdentity(socket.authState.creds))
      unfinished
        .start()
        .catch((error) => logger.warn({ cause: errorName(error) }, 'an unfinished stanza could not be resumed'))
    }
    if (connection === 'close' && !isClosed) {
      isOpen = false
      isClosed = true
      gate.shut()
      forgetLog()
      for (const stop of stops) stop()
      const info = describeClose(lastDisconnect?.error)
      closed.resolve(info)
      for (const reject of waiting)
        reject(new WhatsAppError('connection_closed', `the connection closed: ${info.message}`))
      events.onClose(info)
    }
  })
  socket.ws.prependListener('CB:ack,class:message', (stanza: BinaryNode) => {
    const ack = parseServerAck(stanza, Date.now())
    if (!ack) return
    // a participant hash or 479 in an ack says that our device list of the recipient is old
    const isListOld = Boolean(stanza.attrs.phash) || ack.error === STALE_DEVICES
    const user = isListOld ? jidDecode(stanza.attrs.from)?.user : undefined
    if (user) sessionCaches(log).devices.del(user)
    events.onServerAck(ack)
  })
  socket.ws.prependListener('CB:receipt', (stanza: BinaryNode) => {
    const receipt = parseReceipt(stanza, ownUsers(socket.authState.creds), Date.now())
    if (receipt) events.onReceipt(receipt)
  })

  /** The library leaves queries of a dead socket pending until their time-out. */
  const untilClosed = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      waiting.add(reject)
      work.then(resolve, reject).finally(() => waiting.delete(reject))
      if (isClosed) reject(new WhatsAppError('connection_closed', 'the connection is closed'))
    })
  const whileOpen = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!isOpen) throw new WhatsAppError('connection_closed', 'the connection is not open')
    return untilClosed(work())
  }

  const link = startLinking(options, socket)

  const endWith = async (error: Error | undefined): Promise<void> => {
    await waitAtMost(gate.drain(), DRAIN_TIMEOUT_MS)
    await socket.end(error)
    await closed.promise
  }

  return {
    get isOpen() {
      return isOpen
    },
    resolve: (phone) => whileOpen(() => resolvePhone(socket, sessionCaches(log), phone)),
    encodeText,
    readNewChatLimits: () => whileOpen(() => readNewChatLimits(socket, (limit) => events.onNewChatLimit?.(limit))),
    relay: (frame) => whileOpen(() => relayProto(socket, sessionCaches(log), frame)),
    requestPairingCode: (phone) => untilClosed(link.requestPairingCode(phone)),
    close: () => endWith(undefined),
    logout: async () => {
      isLoggingOut = true
      const jid = socket.authState.creds.me?.id
      if (isOpen && jid) {
        const remove = { tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } }
        const iq = { tag: 'iq', attrs: { to: '@s.whatsapp.net', type: 'set', xmlns: 'md' }, content: [remove] }
        // the server may close the stream instead of answering; both mean that it knows
        const answered = socket
          .query(iq)
          .catch((error) => logger.warn({ cause: errorName(error) }, 'logout was not confirmed'))
        await waitAtMost(Promise.race([answered, closed.promise]), LOGOUT_ANSWER_MS)
      }
      await endWith(new DisconnectError(LOGGED_OUT, DISCONNECT_MESSAGES.intentionalLogout))
    },
  } satisfies WhatsAppConnection
}
