import type { EventEmitter } from 'node:events'
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { BoundedCache } from '../bounded-cache.ts'

/** of one message, whatever the number of connections */
const ASKED_MAX = 5
/** of all messages of one sender until an hour passed without a new one: a session that broke while we were away is fewer */
const ASKED_PER_SENDER_MAX = 200
const SENDERS_MAX = 5_000

export interface AskedAgain {
  /** message id → how often we asked for it again */
  readonly messages: BoundedCache
  /** sender → how many messages we asked him for */
  readonly senders: BoundedCache
}

/**
 * Symptom: a message that cannot be decrypted is asked for without end (https://github.com/WhiskeySockets/Baileys/issues/853).
 * rc14 counts its own retry receipts in the socket, so that each reconnect begins anew; at the fifth it forgets the count,
 * so that the seventh copy is the first again; and its counters have a timer each and no limit. A sender of garbage under
 * ever new ids gets a receipt, a new pre-key and a question to our own phone for each. Here the counts belong to the
 * session, and a sender has a budget.
 */
export const boundRetries = (
  socket: { readonly ws: Pick<EventEmitter, 'prependListener'>; readonly messageRetryManager: RetryManager | null },
  { messages, senders }: AskedAgain,
): void => {
  const manager = socket.messageRetryManager
  if (!manager) return
  const senderOf = new Map<string, string>()
  socket.ws.prependListener('CB:message', ({ attrs: { id, from, participant } }: BinaryNode) => {
    if (!id) return
    senderOf.delete(id)
    senderOf.set(id, withoutDevice(participant ?? from ?? ''))
    const oldest = senderOf.keys().next()
    if (senderOf.size > SENDERS_MAX && !oldest.done) senderOf.delete(oldest.value)
  })
  const countOf = (cache: BoundedCache, name: string): number => cache.get<number>(name) ?? 0
  manager.getRetryCount = (id) => countOf(messages, id)
  manager.hasExceededMaxRetries = (id) =>
    countOf(messages, id) >= ASKED_MAX || countOf(senders, senderOf.get(id) ?? '') >= ASKED_PER_SENDER_MAX
  manager.incrementRetryCount = (id) => {
    const sender = senderOf.get(id) ?? ''
    senders.set(sender, countOf(senders, sender) + 1)
    messages.set(id, countOf(messages, id) + 1)
    return countOf(messages, id)
  }
}

type RetryManager = Pick<
  NonNullable<WASocket['messageRetryManager']>,
  'getRetryCount' | 'hasExceededMaxRetries' | 'incrementRetryCount'
>

const withoutDevice = (jid: string): string => jid.replace(/:\d+@/, '@')
