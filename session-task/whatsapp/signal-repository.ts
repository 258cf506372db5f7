import {
  addTransactionCapability,
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  jidDecode,
  type LIDMapping,
  type SignalDataSet,
  type SignalRepository,
  type SocketConfig,
} from '@whiskeysockets/baileys'
import type { SessionLog } from '../auth-log/session-log.ts'
import { BoundedCache } from './bounded-cache.ts'
import type { ConnectionEvents } from './connection.ts'
import { ciphertextHash, decodePadded, describeDecrypted, padPlaintext } from './decrypted-stanza.ts'
import { DECRYPTED, makeKeyStore } from './key-store.ts'
import { KeyedLock } from './keyed-lock.ts'
import { messageKeyOf } from './message-key.ts'
import type { StanzaMemory } from './stanza-memory.ts'
import { reasonOf, undecryptedRecordOf } from './undecrypted.ts'

const LID_LOOKUP_TIMEOUT_MS = 5_000
const LID_MISS_TTL_MS = 60_000

type SenderKeyRequest = Parameters<SignalRepository['processSenderKeyDistributionMessage']>[0]
type LidLookup = (phoneJids: string[]) => Promise<LIDMapping[] | undefined>

/**
 * libsignal asks for LIDs inside its process-wide queue of an address: the lookup must come back soon, and a miss must
 * not be asked again by every encrypt (baileys-facts §2.2).
 */
const boundedLidLookup = (lookup: LidLookup | undefined): LidLookup => {
  const misses = new BoundedCache(2_000, LID_MISS_TTL_MS)
  return async (phoneJids) => {
    const wanted = phoneJids.filter((jid) => misses.get(jid) === undefined)
    if (!lookup || wanted.length === 0) return []
    const { promise: timedOut, resolve } = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => resolve(undefined), LID_LOOKUP_TIMEOUT_MS)
    try {
      const found = (await Promise.race([lookup(wanted), timedOut])) ?? []
      const known = new Set(found.map(({ pn }) => pn))
      for (const jid of wanted) if (!known.has(jid)) misses.set(jid, true)
      return found
    } finally {
      clearTimeout(timer)
    }
  }
}

/**
 * The library's Signal repository on a transaction context of its own, so that encrypt and decrypt are in the log
 * before they return (the library commits after the send), with one lock per contact whatever address is used, and
 * with the inbox: a ciphertext that was decrypted before is answered from the log without touching the ratchet.
 */
export const makeJournaledRepository =
  (
    log: SessionLog,
    events: Pick<ConnectionEvents, 'onDecrypted'>,
    stanzas: StanzaMemory & { isIntakeClosed?(): boolean },
  ): SocketConfig['makeSignalRepository'] =>
  ({ creds }, libraryLog, lookupLids) => {
    const store = makeKeyStore(log, (stanza) => events.onDecrypted(stanza))
    const keys = addTransactionCapability(store, libraryLog, { maxCommitRetries: 1, delayBetweenTriesMs: 0 })
    const inner = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
      { creds, keys },
      libraryLog,
      boundedLidLookup(lookupLids),
    )
    const locks = new KeyedLock()

    /** Phone number and LID of one contact are one lock: both addresses lead to the same session record. */
    const contactLocks = (jid: string): string[] => {
      const decoded = jidDecode(jid)
      if (!decoded) return [jid]
      const { user, server } = decoded
      const isLid = server === 'lid' || server === 'hosted.lid'
      const alias = log.state.key('lid-mapping', isLid ? `${user}_reverse` : user)
      const names = [`${isLid ? 'lid' : 'pn'}:${user}`]
      if (typeof alias === 'string') names.push(`${isLid ? 'pn' : 'lid'}:${alias}`)
      return names
    }

    const isGroup = (jid: string | undefined): jid is string => jid?.endsWith('@g.us') === true

    /** Every name that may lead to a record which the ciphertext's stanza changes. */
    const stanzaLocks = (jid: string, ciphertext: Uint8Array): string[] => {
      const from = stanzas.of(ciphertext)?.attrs.from
      return [...contactLocks(jid), ...(isGroup(from) ? [`group:${from}`] : [])]
    }

    /**
     * A group's sender key is stored in the transaction of the message that brought it: once that message is
     * journaled a redelivery brings it no more. The library asks for the same a moment later.
     */
    const storedSenderKeys = new BoundedCache(500, LID_MISS_TTL_MS)
    const senderKeyName = ({ authorJid, item }: SenderKeyRequest): string =>
      ciphertextHash(`${item.groupId}#${authorJid}`, item.axolotlSenderKeyDistributionMessage ?? new Uint8Array())
    const storeSenderKey = async (stanza: BinaryNode, padded: Uint8Array): Promise<void> => {
      const item = decodePadded(padded).senderKeyDistributionMessage
      const authorJid = stanza.attrs.participant || stanza.attrs.from
      if (!item?.groupId || !authorJid || item.groupId !== stanza.attrs.from) return
      await inner.processSenderKeyDistributionMessage({ authorJid, item })
      storedSenderKeys.set(senderKeyName({ authorJid, item }), true)
    }

    const decryptOnce = (
      kind: string,
      ciphertext: Uint8Array,
      lockNames: readonly string[],
      decrypt: () => Promise<Uint8Array>,
    ): Promise<Uint8Array> => {
      const hash = ciphertextHash(kind, ciphertext)
      return locks.run(lockNames, async () => {
        // Unread and unacked, so that WhatsApp delivers it again.
        if (stanzas.isIntakeClosed?.()) throw new Error('nothing more is taken in by this connection')
        const earlier = log.state.inboundByCiphertext(hash)
        if (earlier) return padPlaintext(Buffer.from(earlier.plaintext ?? '', 'base64'))
        const stanza = stanzas.of(ciphertext)
        if (!stanza) throw new Error('a ciphertext without its stanza cannot be journaled')
        let isDecrypted = false
        try {
          return await keys.transaction(async () => {
            const padded = await decrypt()
            const decrypted = describeDecrypted(stanza, kind, hash, padded, messageKeyOf(stanza.attrs, log.state))
            isDecrypted = true
            await storeSenderKey(stanza, padded)
            await keys.set({ [DECRYPTED]: { [hash]: decrypted } } as unknown as SignalDataSet)
            return padded
          }, lockNames.join('+'))
        } catch (error) {
          // The refusal or the retry receipt that follows takes the stanza off the server's queue: from here on only
          // the log knows that there was a message.
          const missing = isDecrypted ? null : undecryptedRecordOf(stanza, reasonOf(error, kind), log.state, Date.now())
          if (missing) log.append([missing])
          throw error
        }
      })
    }

    return {
      ...inner,
      decryptMessage: (request) =>
        decryptOnce(request.type, request.ciphertext, stanzaLocks(request.jid, request.ciphertext), () =>
          inner.decryptMessage(request),
        ),
      decryptGroupMessage: (request) =>
        decryptOnce('skmsg', request.msg, [`group:${request.group}`], () => inner.decryptGroupMessage(request)),
      encryptMessage: (request) => locks.run(contactLocks(request.jid), () => inner.encryptMessage(request)),
      encryptGroupMessage: (request) => locks.run([`group:${request.group}`], () => inner.encryptGroupMessage(request)),
      getSenderKeyDistributionMessage: (request) =>
        locks.run([`group:${request.group}`], () => inner.getSenderKeyDistributionMessage(request)),
      processSenderKeyDistributionMessage: async (request) => {
        if (storedSenderKeys.get(senderKeyName(request))) return
        await locks.run([`group:${request.item.groupId}`], () => inner.processSenderKeyDistributionMessage(request))
      },
      injectE2ESession: (request) => locks.run(contactLocks(request.jid), () => inner.injectE2ESession(request)),
      migrateSession: (fromJid, toJid) =>
        locks.run([...contactLocks(fromJid), ...contactLocks(toJid)], () => inner.migrateSession(fromJid, toJid)),
      deleteSession: (jids) => locks.run(jids.flatMap(contactLocks), () => inner.deleteSession(jids)),
    }
  }
