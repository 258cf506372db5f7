import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCloud, type TestCloud } from '../../local/cloud/testing/cloud.ts'
import { newId } from '../core/ids.ts'
import { type MessageSearch, matches, pathOf } from '../core/message-lists.ts'
import type { MessageStatus, OutboundStatus } from '../core/message-status.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import { Endings } from './endings.ts'
import { sortOf } from './message-keys.ts'
import { MessageLists } from './message-search.ts'
import { Messages } from './messages.ts'
import type { Sealed } from './rows/fields.ts'
import type { Address, MessageRow } from './rows/message.ts'
import { openTables, type Tables } from './tables.ts'
import { BLANK_MESSAGE } from './testing/blank-message.ts'

let cloud: TestCloud
let tables: Tables
const scope = TenantScope.fromVerified('systemRow', { tenantId: newId('ten'), mode: 'test' })
const SESSIONS = [newId('ses'), newId('ses')]
const CHATS = ['con_A', 'con_B', '123@g.us']
const FAILURE = { code: 'expired', message: '', retryable: true }
const START = Date.now()
const all: MessageRow[] = []

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  tables = openTables()
  await fill()
})
afterAll(() => cloud.stop())

const addressOf = (chat: string): Address =>
  chat.includes('@')
    ? { contactId: null, phone: null, lid: null, jid: chat, kind: 'group' }
    : { contactId: chat, phone: null, lid: null, jid: null, kind: 'user' }

const rowOf = (index: number, status: 'queued' | 'scheduled' | 'received'): MessageRow => {
  const chat = addressOf(CHATS[index % CHATS.length]!)
  return {
    ...BLANK_MESSAGE,
    v: 1,
    tenantId: scope.tenantId,
    mode: scope.mode,
    id: newId('msg'),
    sessionId: SESSIONS[index % 7 === 0 ? 1 : 0]!,
    direction: status === 'received' ? 'inbound' : 'outbound',
    type: 'text',
    status,
    chat,
    from: chat,
    to: chat,
    content: 'x' as Sealed,
    whatsappId: '3EB0',
    createdAt: START + index,
    expiresAt: START + 86_400_000,
  }
}

/** Every status is reached the way it is in life. */
const WAYS: readonly MessageStatus[] = [
  'queued',
  'scheduled',
  'sending',
  'sent',
  'delivered',
  'read',
  'failed',
  'unknown',
  'canceled',
  'received',
]
const bring = async (index: number, status: MessageStatus): Promise<void> => {
  const messages = new Messages(tables, scope)
  if (status === 'received') return messages.putInbound(rowOf(index, status))
  const isOdd = Math.floor(index / WAYS.length) % 2 === 1
  const isScheduled = status === 'scheduled' || (status !== 'queued' && isOdd)
  const { row } = await messages.accept(rowOf(index, isScheduled ? 'scheduled' : 'queued'), START + index)
  if (status === 'canceled') {
    const event = { table: tables.messages.name, put: { pk: `event#${row.id}`, sk: 'META' } }
    await messages.cancel(row.id, START, async () => event)
  } else if (status === 'failed' && isOdd) {
    await new Endings(tables, scope).end(row, { status, failure: FAILURE, at: START }, null)
  } else if (status !== 'queued' && status !== 'scheduled') {
    await messages.claim(row.id, { epoch: 1, claimToken: 't' })
    if (status !== 'sending') await messages.advance(row.id, { status: status as OutboundStatus, at: START })
  }
}

const fill = async (): Promise<void> => {
  const jobs = Array.from({ length: 120 }, (_, index) => bring(index, WAYS[(index * 7) % WAYS.length]!))
  await Promise.all(jobs)
  const messages = new Messages(tables, scope)
  for (const sessionId of SESSIONS) {
    const { items } = await messages.list({ sessionId, limit: 500 })
    for (const { id } of items) all.push((await messages.get(id))!)
  }
  expect(all).toHaveLength(120)
  expect(new Set(all.map(({ status }) => status)).size).toBe(WAYS.length)
}

const find = async (search: MessageSearch, limit: number) => {
  const lists = new MessageLists(tables, scope)
  const pages: MessageRow[][] = []
  let after: string | undefined
  do {
    const page = await lists.find(search, { limit, after })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    pages.push([...page.items])
    after = page.next ?? undefined
    expect(pages.length).toBeLessThan(200)
  } while (after !== undefined)
  return pages.flat()
}

const expectedOf = (search: MessageSearch) => {
  const key = (row: MessageRow) => (pathOf(search) === 'open' ? (row.openKey ?? '') : sortOf(row))
  return all.filter((row) => matches(search, row)).sort((a, b) => (key(a) < key(b) ? 1 : -1))
}

const spans = [
  { since: 0, until: 9_999_999_999_999 },
  { since: START + 20, until: START + 77 },
]
const searches: MessageSearch[] = spans.flatMap((span) =>
  [undefined, ...SESSIONS].flatMap((sessionId) =>
    [undefined, ...WAYS].flatMap((status) =>
      ([undefined, 'outbound', 'inbound'] as const).flatMap((direction) =>
        (sessionId ? [undefined, [CHATS[0]!], [CHATS[1]!, CHATS[2]!]] : [undefined]).map((chats) => ({
          ...span,
          sessionId,
          status,
          direction,
          chats,
        })),
      ),
    ),
  ),
)

describe('searches', () => {
  it.each([1, 7, 100])(
    'every combination, in pages of %i: exactly what matches, each once, newest first',
    async (limit) => {
      const some = limit === 100 ? searches : searches.filter((_, index) => index % 5 === limit % 5)
      let matched = 0
      for (const search of some) {
        const found = await find(search, limit)
        expect(found.map(({ id }) => id)).toEqual(expectedOf(search).map(({ id }) => id))
        matched += found.length
      }
      expect(matched).toBeGreaterThan(some.length)
    },
    60_000,
  )

  it('shows a row as it is now, not as the index has it', async () => {
    const search = { sessionId: SESSIONS[0], status: 'failed' as const, ...spans[0]! }
    const [first] = await find(search, 10)
    await new Messages(tables, scope).advance(first!.id, { status: 'delivered', at: START })
    expect((await find(search, 10)).map(({ id }) => id)).not.toContain(first!.id)
  })

  it('finds nothing of another tenant or mode with the same ids', async () => {
    const strangers = [
      TenantScope.fromVerified('systemRow', { tenantId: newId('ten'), mode: 'test' }),
      TenantScope.fromVerified('systemRow', { tenantId: scope.tenantId, mode: 'live' }),
    ]
    for (const stranger of strangers)
      for (const search of searches.filter(({ since }) => since === 0))
        expect((await new MessageLists(tables, stranger).find(search, { limit: 100, after: undefined })).items).toEqual(
          [],
        )
  })
})
