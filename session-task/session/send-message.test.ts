import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../local/cloud/testing/cloud.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { newId } from '../../shared/core/ids.ts'
import { TenantScope } from '../../shared/core/tenant-scope.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { Messages } from '../../shared/store/messages.ts'
import { messageContentPlace, messageProtoPlace } from '../../shared/store/places.ts'
import type { MessageRow } from '../../shared/store/rows/message.ts'
import { openTables, type Tables } from '../../shared/store/tables.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import { openMemoryLog, quietLog } from '../auth-log/testing/open-memory-log.ts'
import type { WhatsAppConnection } from '../whatsapp/connection.ts'
import { ContactBook } from './contact-book.ts'
import { sendMessage } from './send-message.ts'
import type { SessionContext, WorkerServices } from './session-context.ts'

const scope = TenantScope.fromVerified('systemRow', { tenantId: 'ten_00000000000000000000000001', mode: 'test' })
const JID = '5511988887777@s.whatsapp.net'

let cloud: TestCloud
let tables: Tables
let tenantKeys: TenantKeys

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  tables = openTables()
  tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: 'alias/fleetline' })
})
afterAll(() => cloud.stop())

/** A claimed message with its wire form, and every frame of it: what the log said of the message when it was made. */
const claimed = async (sessionLog: SessionLog, more: Partial<MessageRow> = {}) => {
  const id = newId('msg')
  const address = { contactId: null, phone: null, lid: null, jid: JID, kind: 'user' as const }
  const row = {
    id,
    whatsappId: `3EB0${id}`,
    type: 'text',
    retry: 'standard',
    expiresAt: Date.now() + 60_000,
    chat: address,
    to: address,
    content: await tenantKeys.seal(scope, messageContentPlace(id), { text: { body: 'hello' } }),
    proto: await tenantKeys.sealRaw(scope, messageProtoPlace(id), Buffer.from('the same bytes')),
    ...more,
  } as MessageRow
  const frames: { known: number | undefined; bytes: string; whatsappId: string }[] = []
  const connection = {
    relay: async ({ proto, whatsappId }: { proto: Uint8Array; whatsappId: string }) => {
      frames.push({
        known: sessionLog.state.out(id)?.frames,
        bytes: Buffer.from(proto).toString(),
        whatsappId,
      })
    },
  } as unknown as WhatsAppConnection
  const services = { tables, tenantKeys } as unknown as WorkerServices
  const context: SessionContext = { services, scope, sessionId: newId('ses'), log: quietLog }
  const send = (isCurrent = () => true) =>
    sendMessage(context, {
      row,
      messages: new Messages(tables, scope),
      sessionLog,
      connection,
      book: new ContactBook(context),
      own: { phone: '+5511900000001', lid: null },
      typesBefore: false,
      isCurrent,
      now: Date.now,
    })
  return { id, row, frames, send }
}

test('the log knows of a frame before it is made, each carries the same id and bytes, and there are four at most', async () => {
  const { log } = await openMemoryLog()
  const { row, frames, send } = await claimed(log)
  for (let n = 1; n <= 4; n++) expect(await send()).toEqual({ outcome: 'relayed' })
  expect(frames.map(({ known }) => known)).toEqual([1, 2, 3, 4])
  expect(new Set(frames.map(({ bytes, whatsappId }) => `${whatsappId} ${bytes}`))).toEqual(
    new Set([`${row.whatsappId} the same bytes`]),
  )
  expect(await send()).toMatchObject({ outcome: 'unknown', failure: { code: 'no_answer' } })
  expect(frames).toHaveLength(4)
})

test('at most once is one frame', async () => {
  const { log } = await openMemoryLog()
  const { frames, send } = await claimed(log, { retry: 'atMostOnce' })
  expect((await send()).outcome).toBe('relayed')
  expect((await send()).outcome).toBe('unknown')
  expect(frames).toHaveLength(1)
})

test('what the log knows to be over leaves no more, whatever its row says', async () => {
  const { log } = await openMemoryLog()
  const { id, frames, send } = await claimed(log)
  await send()
  const sequence = log.takeSequence()
  log.append([{ t: 'status', messageId: id, status: 'sent', sequence, eventId: `evt_${sequence}`, at: 1 }])
  expect(await send()).toEqual({ outcome: 'settledBefore', status: 'sent' })
  expect(frames).toHaveLength(1)
})

test('past its time it failed if nothing left, and is unknown if something did', async () => {
  const { log } = await openMemoryLog()
  const late = await claimed(log, { expiresAt: Date.now() - 1 })
  expect(await late.send()).toMatchObject({ outcome: 'fail', failure: { code: 'expired' } })
  log.append([{ t: 'out', messageId: late.id, whatsappId: late.row.whatsappId, n: 1 }])
  expect(await late.send()).toMatchObject({ outcome: 'unknown', failure: { code: 'expired' } })
  expect(late.frames).toEqual([])
})

test('a connection that is not the session’s any more gets no frame, and the log no record', async () => {
  const { log } = await openMemoryLog()
  const { id, frames, send } = await claimed(log)
  expect(await send(() => false)).toEqual({ outcome: 'dropped' })
  expect([frames.length, log.state.out(id)]).toEqual([0, undefined])
})
