import { type BinaryNode, jidDecode } from '@whiskeysockets/baileys'
import { LogLostError } from '../auth-log/session-log.ts'
import { makeCommands } from './commands/make-commands.ts'
import type { OpenConnection, WhatsAppConnection } from './connection.ts'
import { encodeContent } from './content/encode-content.ts'
import { downloadMedia, uploadMedia } from './content/transfer-media.ts'
import { appendCredentials, isLinked, loadCredentials, ownIdentity, ownUsers } from './credentials.ts'
import type { DisconnectInfo } from './disconnect.ts'
import { DISCONNECT_MESSAGES, DisconnectError, describeDisconnect } from './disconnect.ts'
import { WhatsAppError } from './errors.ts'
import { makeJournaledSocket } from './journaled-socket.ts'
import { errorName } from './library-log.ts'
import { readNewChatLimits, watchNewChatLimits } from './new-chat-limits.ts'
import { encodeText, readGroup, relayProto } from './outbound.ts'
import { watchPresence } from './presence.ts'
import { resolvePhone } from './resolve.ts'
import { sessionCaches } from './session-caches.ts'
import { parseReceipt, parseServerAck } from './stanza-events.ts'
import { startLinking } from './start-linking.ts'

const LOGGED_OUT = 401
const STALE_DEVICES = 479
const LOGOUT_ANSWER_MS = 5_000
const DRAIN_TIMEOUT_MS = 10_000

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

  const journaled = makeJournaledSocket(options, creds)
  const { socket, gate } = journaled
  const closed = Promise.withResolvers<DisconnectInfo>()
  const waiting = new Set<(error: WhatsAppError) => void>()
  let isOpen = false
  let isClosed = false
  let isLoggingOut = false

  /** The server may end the stream of a device that logs out before it answers: that is no removal by the phone. */
  const describeClose = (error: unknown): DisconnectInfo => {
    const info = describeDisconnect(error, options.egress?.ownedBy === 'tenant')
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
      journaled.onOpen()
    }
    if (connection === 'close' && !isClosed) {
      isOpen = false
      isClosed = true
      journaled.onClose()
      const info = describeClose(lastDisconnect?.error)
      closed.resolve(info)
      for (const reject of waiting)
        reject(new WhatsAppError('connection_closed', `the connection closed: ${info.message}`))
      events.onClose(info)
    }
  })
  watchPresence(socket, (update) => events.onPresence?.(update))
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
    commands: makeCommands(socket, sessionCaches(log), whileOpen),
    encodeText,
    encode: encodeContent,
    uploadMedia: (file) => whileOpen(() => uploadMedia(socket, file)),
    downloadMedia: (origin, path, limits) =>
      whileOpen(() => downloadMedia(socket, origin, path, { ...limits, dispatcher: options.egress?.dispatcher })),
    readGroup: (jid) => whileOpen(() => readGroup(socket, sessionCaches(log), jid)),
    readNewChatLimits: () => whileOpen(() => readNewChatLimits(socket, (limit) => events.onNewChatLimit?.(limit))),
    relay: (frame) => whileOpen(() => relayProto(socket, sessionCaches(log), frame)),
    requestPairingCode: (phone) => untilClosed(link.requestPairingCode(phone)),
    closeIntake: journaled.closeIntake,
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
