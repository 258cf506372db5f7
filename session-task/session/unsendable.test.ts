import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../local/cloud/testing/cloud.ts'
import { newId } from '../../shared/core/ids.ts'
import { TenantScope } from '../../shared/core/tenant-scope.ts'
import { Messages } from '../../shared/store/messages.ts'
import type { Sealed } from '../../shared/store/rows/fields.ts'
import { openTables, type Tables } from '../../shared/store/tables.ts'
import { BLANK_MESSAGE } from '../../shared/store/testing/blank-message.ts'
import { openMemoryLog, quietLog } from '../auth-log/testing/open-memory-log.ts'
import { Journal } from './journal.ts'
import type { WorkerServices } from './session-context.ts'
import { Unsendable } from './unsendable.ts'

const scope = TenantScope.fromVerified('systemRow', { tenantId: 'ten_00000000000000000000000001', mode: 'test' })
const LOGGED_OUT_AT = 1_000_000

let cloud: TestCloud
let tables: Tables

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  tables = openTables()
})
afterAll(() => cloud.stop())

/** One message that never left, one that did, one that came after the logout; and how each ends. */
const waiting = async () => {
  const sessionId = newId('ses')
  const { log } = await openMemoryLog()
  const accept = async (name: string, createdAt: number): Promise<string> => {
    const id = newId('msg')
    const address = { contactId: null, phone: '+5511988887777', lid: null, jid: null, kind: 'user' as const }
    await new Messages(tables, scope).accept(
      {
        ...BLANK_MESSAGE,
        direction: 'outbound',
        type: 'text',
        status: 'queued',
        metadata: { name },
        v: 1,
        tenantId: scope.tenantId,
        mode: scope.mode,
        id,
        sessionId,
        chat: address,
        from: address,
        to: address,
        content: 'x' as Sealed,
        whatsappId: `3EB0${id}`,
        createdAt,
        expiresAt: createdAt + 60_000,
      },
      createdAt,
    )
    return id
  }
  const ids = {
    neverLeft: await accept('never left', LOGGED_OUT_AT - 20),
    inFlight: await accept('in flight', LOGGED_OUT_AT - 10),
    later: await accept('later', LOGGED_OUT_AT + 10),
  }
  log.append([{ t: 'out', messageId: ids.inFlight, whatsappId: 'WA', n: 1 }])
  const unsendable = new Unsendable({
    context: { services: { tables } as unknown as WorkerServices, scope, sessionId, log: quietLog },
    sessionLog: log,
    journal: new Journal(log, () => {}),
    settled: async () => {},
  })
  const ends = () => {
    const records = log.state.undone()
    const endOf = (id: string) => {
      const record = records.find((one) => 'messageId' in one && one.messageId === id)
      return record && 'failure' in record ? `${record.t} ${record.failure.code}` : null
    }
    return [endOf(ids.neverLeft), endOf(ids.inFlight), endOf(ids.later)]
  }
  return { unsendable, ends }
}

test('a logout ends what was accepted before it: failed when nothing left, else unknown', async () => {
  const { unsendable, ends } = await waiting()
  await unsendable.endAfter('loggedOut', LOGGED_OUT_AT)
  expect(ends()).toEqual(['fail session_logged_out', 'unknown session_logged_out', null])
  // Again, by an owner who did not see that it was done.
  await unsendable.endAfter('loggedOut', LOGGED_OUT_AT)
  expect(ends()).toEqual(['fail session_logged_out', 'unknown session_logged_out', null])
})

test('a delete ends everything', async () => {
  const { unsendable, ends } = await waiting()
  await unsendable.endAfter('deleted', LOGGED_OUT_AT)
  expect(ends()).toEqual(['fail session_deleted', 'unknown session_logged_out', 'fail session_deleted'])
})
