import { DEFAULT_CONNECTION_CONFIG, proto } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { BUNDLED_VERSION } from '../../shared/core/client-version.ts'
import { openMemoryLog, quietLog } from '../auth-log/testing/open-memory-log.ts'
import type { ConnectionEvents } from './connection.ts'
import { sessionCaches } from './session-caches.ts'
import { socketOptions } from './socket-options.ts'

const setUp = async (version: readonly [number, number, number] | null = null) => {
  const { log } = await openMemoryLog()
  const options = {
    log,
    url: 'ws://127.0.0.1:9/',
    version,
    link: null,
    events: {} as ConnectionEvents,
    loadSentProto: async () => undefined,
    logger: quietLog,
  }
  return { log, options, socket: socketOptions(options, 0.5) }
}

describe('what the library is told to do', () => {
  it('never ignores a jid: an ignored message is refused, and the server delivers it again for ever', async () => {
    const { socket } = await setUp()
    for (const jid of ['status@broadcast', '1@g.us', '1@newsletter', '888@lid', '222@s.whatsapp.net'])
      expect(socket.shouldIgnoreJid?.(jid)).toBe(false)
  })

  it('takes the history that brings LIDs, tokens and names, and no messages', async () => {
    const { socket } = await setUp()
    const { HistorySyncType } = proto.HistorySync
    const wanted = Object.entries(HistorySyncType)
      .filter(([, syncType]) => typeof syncType === 'number' && socket.shouldSyncHistoryMessage?.({ syncType }))
      .map(([name]) => name)
    expect(wanted.sort()).toEqual(['INITIAL_BOOTSTRAP', 'NON_BLOCKING_DATA', 'PUSH_NAME'])
    expect(socket.syncFullHistory).toBe(false)
  })

  it('is a real operating system, not online, and looks nothing up for a link preview', async () => {
    const { socket } = await setUp()
    expect(socket.browser?.[0]).toBe('Windows')
    expect(socket).toMatchObject({ markOnlineOnConnect: false, generateHighQualityLinkPreview: false })
  })

  it('takes the version from the configuration, never from the network', async () => {
    expect((await setUp([2, 3000, 7])).socket.version).toEqual([2, 3000, 7])
    expect((await setUp()).socket).not.toHaveProperty('version')
    expect(DEFAULT_CONNECTION_CONFIG.version.join('.')).toBe(BUNDLED_VERSION)
  })

  it('keeps what must outlive a socket: retry counts, device lists, groups', async () => {
    const { log, options, socket } = await setUp()
    const next = socketOptions(options, 0.1)
    expect(next.msgRetryCounterCache).toBe(socket.msgRetryCounterCache)
    expect(next.userDevicesCache).toBe(socket.userDevicesCache)
    sessionCaches(log).groups.set('1@g.us', { id: '1@g.us' })
    expect(await next.cachedGroupMetadata?.('1@g.us')).toEqual({ id: '1@g.us' })
    expect(socketOptions(options, 0).keepAliveIntervalMs).toBe(25_000)
  })
})
