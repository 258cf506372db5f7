import type { Agent } from 'node:https'
import { Browsers, proto, type UserFacingSocketConfig } from '@whiskeysockets/baileys'
import { BoundedCache } from './bounded-cache.ts'
import type { ConnectionOptions } from './connection.ts'
import { makeLibraryLog } from './library-log.ts'
import { sessionCaches } from './session-caches.ts'

const { INITIAL_BOOTSTRAP, PUSH_NAME, NON_BLOCKING_DATA } = proto.HistorySync.HistorySyncType
const MINUTE_MS = 60_000

/**
 * History chunks that carry LID pairs, privacy tokens and names. RECENT and FULL stay off: the socket is online at
 * once and no message history is downloaded (baileys-facts §1.6).
 */
const WANTED_HISTORY: ReadonlySet<unknown> = new Set([INITIAL_BOOTSTRAP, PUSH_NAME, NON_BLOCKING_DATA])

/**
 * @param random in [0, 1): spreads the keep-alives of many sessions
 * @param onDebug sees what the library says to its log, see makeLibraryLog
 */
export const socketOptions = (
  options: ConnectionOptions,
  random: number,
  onDebug?: (fields: unknown) => void,
): Omit<UserFacingSocketConfig, 'auth' | 'makeSignalRepository'> => {
  const caches = sessionCaches(options.log)
  return {
    waWebSocketUrl: options.url,
    ...(options.version ? { version: [...options.version] } : {}),
    ...(options.egress
      ? {
          // The library's type names the agent of wss: alone.
          agent: (options.url.startsWith('ws:') ? options.egress.plainAgent : options.egress.agent) as Agent,
          fetchAgent: options.egress.agent,
          options: { dispatcher: options.egress.dispatcher } as unknown as RequestInit,
        }
      : {}),
    // a real operating system: the server refuses pairing codes of any other display name (baileys-facts §1.4)
    browser: Browsers.windows('Chrome'),
    logger: makeLibraryLog(options.logger, onDebug),
    connectTimeoutMs: 20_000,
    defaultQueryTimeoutMs: MINUTE_MS,
    keepAliveIntervalMs: 25_000 + Math.floor(random * 5_000),
    markOnlineOnConnect: false,
    syncFullHistory: false,
    shouldSyncHistoryMessage: ({ syncType }) => WANTED_HISTORY.has(syncType),
    // never: the library answers an ignored message with a nack, and the server delivers it again (baileys-facts §1.5)
    shouldIgnoreJid: () => false,
    emitOwnEvents: false,
    fireInitQueries: true,
    enableAutoSessionRecreation: true,
    enableRecentMessageCache: true,
    transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 0 },
    msgRetryCounterCache: caches.retryCounts,
    // The library holds every stanza behind a message that it cannot decrypt for this long, 250 ms if nothing is said: ten
    // thousand of garbage would be 42 minutes. How much is asked again is bounded by repairs/bounded-retries.ts.
    retryRequestDelayMs: 0,
    userDevicesCache: caches.devices,
    // without it every message to a group costs a query, and WhatsApp answers 429 (baileys-facts §3)
    cachedGroupMetadata: async (jid) => caches.groups.get(jid),
    callOfferCache: new BoundedCache(500, 5 * MINUTE_MS),
    placeholderResendCache: new BoundedCache(2_000, 60 * MINUTE_MS),
    generateHighQualityLinkPreview: false,
    getMessage: async ({ id }) => {
      const bytes = id ? await options.loadSentProto(id) : undefined
      return bytes ? proto.Message.decode(bytes) : undefined
    },
  }
}
