import { randomUUID } from 'node:crypto'
import { type BinaryNode, proto, type SignalKeyStore } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { openMemoryLog, quietLog } from '../auth-log/testing/open-memory-log.ts'
import { BoundedCache } from './bounded-cache.ts'
import type { ConnectionEvents } from './connection.ts'
import { encodeText, relayProto } from './outbound.ts'
import { QueryBudget } from './query-budget.ts'
import { resolvePhone } from './resolve.ts'
import { socketOptions } from './socket-options.ts'
import { openUnconnectedSocket } from './testing/unconnected-socket.ts'

const caches = () => ({
  devices: new BoundedCache(10, 1_000),
  groups: new BoundedCache(10, 1_000),
  queries: new QueryBudget(),
})

/** The library answers a time-out with undefined (or an empty list) instead of an error: each caller must notice. */
describe('a query that WhatsApp does not answer', () => {
  it('is a time-out for a look-up, and is not remembered', async () => {
    const cache = new BoundedCache(10, 1_000)
    const socket = { executeUSyncQuery: async () => undefined } as unknown as Parameters<typeof resolvePhone>[0]
    await expect(
      resolvePhone(socket, { resolved: cache, queries: new QueryBudget() }, '+5511988887777'),
    ).rejects.toMatchObject({ code: 'timed_out' })
    expect(cache.size).toBe(0)
  })

  it('sends no message when no device was found', async () => {
    const relayed: unknown[] = []
    const socket = {
      authState: { creds: { me: { id: '1:1@s.whatsapp.net', lid: '9:1@lid' } } },
      getUSyncDevices: async () => [{ user: '9', device: 0 }],
      relayMessage: async (...args: unknown[]) => relayed.push(args),
    } as unknown as Parameters<typeof relayProto>[0]
    const frame = { jid: '888@lid', whatsappId: '3EB0', proto: encodeText({ body: 'x' }) }
    await expect(relayProto(socket, caches(), frame)).rejects.toMatchObject({ code: 'no_recipient_devices' })
    expect(relayed).toEqual([])
  })
})

describe('a message to a group', () => {
  const group = '120363000000000001@g.us'
  const frame = { jid: group, whatsappId: '3EB0', proto: encodeText({ body: 'x' }) }
  const setUp = (metadata: unknown) => {
    const asked: string[] = []
    const relayed: unknown[] = []
    const socket = {
      authState: { creds: { me: { id: '1:1@s.whatsapp.net' } } },
      groupMetadata: async (jid: string) => {
        asked.push(jid)
        return metadata
      },
      relayMessage: async (...args: unknown[]) => relayed.push(args),
    } as unknown as Parameters<typeof relayProto>[0]
    return { asked, relayed, socket }
  }

  it('asks for its members once, not with every message', async () => {
    const { asked, relayed, socket } = setUp({ id: group, participants: [] })
    const shared = caches()
    for (let n = 0; n < 3; n++) await relayProto(socket, shared, frame)
    expect([asked, relayed.length]).toEqual([[group], 3])
  })

  it('is not sent while nobody knows the members', async () => {
    const { relayed, socket } = setUp(undefined)
    await expect(relayProto(socket, caches(), frame)).rejects.toMatchObject({ code: 'timed_out' })
    expect(relayed).toEqual([])
  })
})

describe('a peer that asks for a message again', () => {
  it('gets the exact bytes, or nothing at all', async () => {
    const bytes = encodeText({ body: 'again' })
    const { log } = await openMemoryLog()
    const options = socketOptions(
      {
        log,
        url: 'ws://127.0.0.1:9/',
        version: null,
        link: null,
        events: {} as ConnectionEvents,
        loadSentProto: async (id) => (id === '3EB0A' ? bytes : undefined),
        logger: quietLog,
      },
      0,
    )
    const found = await options.getMessage?.({ id: '3EB0A' })
    expect(found && Buffer.from(proto.Message.encode(found).finish())).toEqual(Buffer.from(bytes))
    expect(await options.getMessage?.({ id: '3EB0B' })).toBeUndefined()
  })
})

describe('a peer that asks again and again', () => {
  const store = { get: () => ({}), set: () => undefined } as unknown as SignalKeyStore
  const receipt = (id: string): BinaryNode => ({
    tag: 'receipt',
    attrs: { id, from: '888:3@lid', type: 'retry', t: '1' },
    content: [{ tag: 'retry', attrs: { count: '1', id, t: '1', v: '1' } }],
  })
  /** How often the library looked for the message, to send it again. */
  const looksFor = async (counts: BoundedCache, id: string, times: number): Promise<number> => {
    const last = randomUUID()
    const { promise: isThrough, resolve } = Promise.withResolvers<void>()
    let looks = 0
    const unconnected = await openUnconnectedSocket(store, undefined, {
      msgRetryCounterCache: counts,
      getMessage: async (key) => {
        if (key.id === last) resolve()
        else looks++
        return undefined
      },
    })
    // Receipts are handled one after the other: once the last one is, all were.
    for (let n = 0; n < times; n++) unconnected.socket.ws.emit('CB:receipt', receipt(id))
    unconnected.socket.ws.emit('CB:receipt', receipt(last))
    await isThrough
    await unconnected.close()
    return looks
  }

  it('is answered five times at most, on whatever connection', async () => {
    const counts = new BoundedCache(100, 60_000)
    expect(await looksFor(counts, '3EB0A', 12)).toBe(5)
    expect(await looksFor(counts, '3EB0A', 12)).toBe(0)
    expect(await looksFor(counts, '3EB0B', 2)).toBe(2)
  })
})

describe('the bytes of a text', () => {
  it('carry their own secret, so that the same bytes are the same message', () => {
    const [one, other] = [encodeText({ body: 'x' }), encodeText({ body: 'x' })].map((bytes) =>
      proto.Message.decode(bytes),
    )
    expect(one?.extendedTextMessage?.text).toBe('x')
    expect(one?.messageContextInfo?.messageSecret).toHaveLength(32)
    expect(one?.messageContextInfo?.messageSecret).not.toEqual(other?.messageContextInfo?.messageSecret)
  })
})
