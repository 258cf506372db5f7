import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../../local/cloud/testing/cloud.ts'
import { makeKMSClient } from '../../../shared/aws/kms.ts'
import { newId } from '../../../shared/core/ids.ts'
import type { OperationInputs } from '../../../shared/core/operation-inputs.ts'
import type { OperationKind } from '../../../shared/core/operation-kinds.ts'
import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import { sealInput } from '../../../shared/crypto/operation-answers.ts'
import { TenantKeys } from '../../../shared/crypto/tenant-keys.ts'
import { OperationRows } from '../../../shared/store/operation-rows.ts'
import { openTables, type Tables } from '../../../shared/store/tables.ts'
import type { SessionLog } from '../../auth-log/session-log.ts'
import { openMemoryLog, quietLog } from '../../auth-log/testing/open-memory-log.ts'
import type { WhatsAppConnection } from '../../whatsapp/connection.ts'
import { WhatsAppError } from '../../whatsapp/errors.ts'
import { ContactBook } from '../contact-book.ts'
import type { SessionContext, WorkerServices } from '../session-context.ts'
import type { Standing } from '../standing.ts'
import { OperationAttempt } from './operation-attempt.ts'

const scope = TenantScope.fromVerified('systemRow', { tenantId: 'ten_00000000000000000000000001', mode: 'test' })
const READ_ONE: OperationInputs['markMessageRead'] = {
  messages: [
    { messageId: newId('msg'), whatsappId: 'WA1', chatJid: '5511988887777@s.whatsapp.net', participantJid: null },
  ],
  hasMore: false,
}

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

/** An accepted command of a session, and one worker's hands on it. */
const accepted = async <Kind extends OperationKind>(kind: Kind, input: OperationInputs[Kind]) => {
  const sessionId = newId('ses')
  const id = newId('op')
  const rows = new OperationRows(tables, scope)
  const now = Date.now()
  await rows.accept({
    v: 1,
    tenantId: scope.tenantId,
    mode: scope.mode,
    id,
    sessionId,
    kind,
    status: 'pending',
    input: await sealInput(tenantKeys, scope, id, input),
    result: null,
    failure: null,
    requestHash: randomBytes(8).toString('hex'),
    createdAt: now,
    expiresAt: now + 60_000,
    startedAt: null,
    completedAt: null,
    epoch: 0,
    claimToken: null,
    attempts: 0,
  })
  const [open] = (await rows.listOpen(sessionId, { limit: 1 })).rows
  if (!open) throw new Error('not accepted')
  const attemptOf = (sessionLog: SessionLog): OperationAttempt => {
    const services = { tables, tenantKeys, mayClaim: () => true } as unknown as WorkerServices
    const context: SessionContext = { services, scope, sessionId, log: quietLog }
    const standing = { own: { phone: '+5511900000001', lid: null }, row: null } as unknown as Standing
    return new OperationAttempt({ context, sessionLog, book: new ContactBook(context), standing, rows })
  }
  const openRows = async () => (await rows.listOpen(sessionId, { limit: 10 })).rows.length
  return { id, rows, open, attemptOf, openRows }
}

/** A connection whose socket still counts as open; every command ends as `answer` says. */
const stillOpen = (answer: () => Promise<unknown>): WhatsAppConnection =>
  ({
    isOpen: true,
    commands: new Proxy({}, { get: () => answer }),
  }) as unknown as WhatsAppConnection
const silence = () => Promise.reject(new WhatsAppError('timed_out', 'no answer'))

test('a worker that let go while its socket still counts as open leaves a repeatable command to the next owner', async () => {
  const { id, rows, open, attemptOf, openRows } = await accepted('markMessageRead', READ_ONE)
  const first = await openMemoryLog()
  let isCurrent = true
  const letGo = stillOpen(() => {
    isCurrent = false
    return silence()
  })
  expect(await attemptOf(first.log).run(open, letGo, () => isCurrent)).toBe('later')
  expect((await rows.get(id))?.status).toBe('running')
  expect(await openRows()).toBe(1)

  const second = await openMemoryLog({ bucket: first.bucket, epoch: 2 })
  const answering = stillOpen(async () => undefined)
  expect(await attemptOf(second.log).run(open, answering, () => true)).toBe('ended')
  expect((await rows.get(id))?.status).toBe('succeeded')
  expect(await openRows()).toBe(0)
})

test('silence on the connection that the worker still holds: a value may be set, a question has no answer', async () => {
  const set = await accepted('markMessageRead', READ_ONE)
  const { log } = await openMemoryLog()
  expect(await set.attemptOf(log).run(set.open, stillOpen(silence), () => true)).toBe('ended')
  expect((await set.rows.get(set.id))?.status).toBe('unknown')

  const question = await accepted('getProfile', {})
  expect(await question.attemptOf(log).run(question.open, stillOpen(silence), () => true)).toBe('ended')
  expect(await question.rows.get(question.id)).toMatchObject({
    status: 'failed',
    failure: { code: 'whatsapp_timeout' },
  })
})

test('a question is asked again over the next connection, also while the old socket counts as open', async () => {
  const { id, rows, open, attemptOf } = await accepted('getProfile', {})
  const { log } = await openMemoryLog()
  expect(await attemptOf(log).run(open, stillOpen(silence), () => false)).toBe('later')
  expect((await rows.get(id))?.status).toBe('pending')
  let isCurrent = true
  const letGo = stillOpen(() => {
    isCurrent = false
    return silence()
  })
  expect(await attemptOf(log).run(open, letGo, () => isCurrent)).toBe('later')
  expect((await rows.get(id))?.status).toBe('running')
})

test('what must not happen twice is unknown when its connection is gone, and is left to nobody', async () => {
  const { id, rows, open, attemptOf, openRows } = await accepted('revokeGroupInvite', {
    groupId: '120363000000000001@g.us',
  })
  const { log } = await openMemoryLog()
  let isCurrent = true
  const letGo = stillOpen(() => {
    isCurrent = false
    return silence()
  })
  expect(await attemptOf(log).run(open, letGo, () => isCurrent)).toBe('ended')
  expect((await rows.get(id))?.status).toBe('unknown')
  expect(await openRows()).toBe(0)
})
