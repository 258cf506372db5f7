import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../shared/core/ids.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { eraseMedia } from '../../shared/media/erase-media.ts'
import { mediaIdOf } from '../../shared/media/media-id.ts'
import { MediaFiles } from '../../shared/store/media-files.ts'
import { MediaQuota } from '../../shared/store/media-quota.ts'
import { Messages } from '../../shared/store/messages.ts'
import { mediaDetailsPlace, messageContentPlace } from '../../shared/store/places.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import { Tenants } from '../../shared/store/tenants.ts'
import { BLANK_MESSAGE } from '../../shared/store/testing/blank-message.ts'
import { startTestApi, type TestApi } from '../testing/test-api.ts'
import { deleteRowsOfSessions } from './operations/delete-session-rows.ts'
import { eraseFilesOfTenants } from './operations/erase-files-of-tenants.ts'

const DAY_MS = 24 * 3_600_000
const log = pino({ level: 'silent' })
let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.stop())

type Tenant = Awaited<ReturnType<TestApi['newTenant']>>

/** An upload as a customer makes it, with its bytes. */
const upload = async (key: string, scope: TenantScope): Promise<string> => {
  const body = { mimetype: 'image/jpeg', sizeBytes: 1_000 }
  const { id } = (await api.call(key, 'POST', '/v1/media', { body })).body
  await lay(scope, id)
  return id
}
const lay = (scope: TenantScope, mediaId: string) =>
  api.mediaStore.write(scope, mediaId, {
    body: Readable.from([randomBytes(1_000)]),
    sizeBytes: 1_000,
    mimetype: 'image/jpeg',
  })
const stands = async (scope: TenantScope, mediaId: string) => ({
  object: (await api.mediaStore.sizeOf(scope, mediaId)) !== null,
  row: (await new MediaFiles(api.tables, scope).get(mediaId)) !== null,
})
const GONE = { object: false, row: false }
const HERE = { object: true, row: true }

describe('files of a deleted tenant', () => {
  /** As the last step of the deletion does it. */
  const shred = async (tenant: Tenant, now: number): Promise<void> => {
    const tenants = new Tenants(api.tables)
    await tenants.startDeletion(tenant.id, false, now)
    await tenants.finishDeletion(tenant.id, now)
  }
  const sweep = (now: number, limit?: number) =>
    eraseFilesOfTenants({ tables: api.tables, mediaStore: api.mediaStore, log }, now, limit)

  it('go in bounded steps, each going on where the last one stopped; nobody else’s go', async () => {
    const [tenant, other] = [await api.newTenant(), await api.newTenant()]
    const ids: string[] = []
    for (let count = 0; count < 7; count++) ids.push(await upload(tenant.key, tenant.scope))
    const kept = await upload(other.key, other.scope)
    const now = Date.now()
    expect(await sweep(now)).toBe(0)
    await shred(tenant, now)
    expect(await sweep(now, 3)).toBe(3)
    const after = await Promise.all(ids.map((id) => stands(tenant.scope, id)))
    expect(after.filter(({ object }) => object)).toHaveLength(4)
    expect(await sweep(now, 3)).toBe(3)
    expect(await sweep(now, 3)).toBe(1)
    for (const id of ids) expect(await stands(tenant.scope, id)).toEqual(GONE)
    expect(await stands(other.scope, kept)).toEqual(HERE)
    const quota = new MediaQuota(api.tables, tenant.scope)
    expect({ used: await quota.used(), left: await quota.list(10) }).toEqual({ used: 0, left: [] })
  })

  it('what comes in after the first look goes at a second one a day later; then nobody looks any more', async () => {
    const tenant = await api.newTenant()
    const now = Date.now()
    await shred(tenant, now)
    expect(await sweep(now)).toBe(0)
    const late = newId('med')
    await lay(tenant.scope, late)
    expect(await sweep(now + DAY_MS - 1)).toBe(0)
    expect(await sweep(now + DAY_MS)).toBe(1)
    expect(await api.mediaStore.sizeOf(tenant.scope, late)).toBeNull()
    expect(await sweep(now + DAY_MS)).toBe(0)
    await lay(tenant.scope, late)
    expect(await sweep(now + 2 * DAY_MS)).toBe(0)
  })

  it('a file whose removal was interrupted at any place is found again', async () => {
    const tenant = await api.newTenant()
    const ids = [await upload(tenant.key, tenant.scope), await upload(tenant.key, tenant.scope)]
    const [objectGone = '', rowGone = ''] = ids
    await api.mediaStore.remove(tenant.scope, objectGone)
    await api.mediaStore.remove(tenant.scope, rowGone)
    await new MediaFiles(api.tables, tenant.scope).remove(rowGone)
    await shred(tenant, Date.now())
    expect(await sweep(Date.now())).toBe(2)
    for (const id of ids) expect(await stands(tenant.scope, id)).toEqual(GONE)
    expect(await new MediaQuota(api.tables, tenant.scope).used()).toBe(0)
  })
})

describe('files of a deleted session', () => {
  const deleteRows = (now: number) =>
    deleteRowsOfSessions({ tables: api.tables, tenantKeys: api.tenantKeys, mediaStore: api.mediaStore, log }, now)

  /** A received message with its file, as a worker writes them. */
  const receive = async ({ scope }: Tenant, sessionId: string): Promise<string> => {
    const id = newId('msg')
    const person = { contactId: null, phone: '+5511988887777', lid: null, jid: null, kind: 'user' as const }
    await new Messages(api.tables, scope).putInbound({
      v: 1,
      tenantId: scope.tenantId,
      mode: scope.mode,
      id,
      sessionId,
      direction: 'inbound',
      type: 'image',
      status: 'received',
      chat: person,
      from: person,
      to: person,
      content: await api.tenantKeys.seal(scope, messageContentPlace(id), { image: { mediaId: mediaIdOf(id) } }),
      ...BLANK_MESSAGE,
      whatsappId: id,
      createdAt: Date.now(),
      receivedAt: Date.now(),
    })
    await new MediaFiles(api.tables, scope).create({
      v: 1,
      tenantId: scope.tenantId,
      mode: scope.mode,
      id: mediaIdOf(id),
      sessionId,
      messageId: id,
      source: 'inbound',
      status: 'stored',
      mimetype: 'image/jpeg',
      sizeBytes: 1_000,
      sha256: null,
      maximumBytes: 1_000,
      width: null,
      height: null,
      animated: null,
      opus: null,
      details: await api.tenantKeys.seal(scope, mediaDetailsPlace(mediaIdOf(id)), {}),
      failure: null,
      createdAt: Date.now(),
      expiresAt: Date.now() + 30 * DAY_MS,
    })
    await lay(scope, mediaIdOf(id))
    return mediaIdOf(id)
  }

  it('go with its rows: received ones, and uploads with a key of the session; those of the tenant stay', async () => {
    const tenant = await api.newTenant()
    const sessionId = await api.newSession(tenant.key)
    const otherId = await api.newSession(tenant.key)
    const made = await api.call(api.adminKey, 'POST', `/v1/tenants/${tenant.id}/keys`, {
      body: { name: 'one session', mode: 'test', scopes: ['*'], sessionId },
    })
    const files = [await receive(tenant, sessionId), await upload(made.body.key, tenant.scope)]
    const kept = [await receive(tenant, otherId), await upload(tenant.key, tenant.scope)]
    expect((await api.call(tenant.key, 'DELETE', `/v1/sessions/${sessionId}`)).status).toBe(202)
    await deleteRows(Date.now() + DAY_MS)
    for (const id of files) expect(await stands(tenant.scope, id)).toEqual(HERE)
    for (let round = 0; round < 3; round++) await deleteRows(Date.now() + 5 * DAY_MS)
    for (const id of files) expect(await stands(tenant.scope, id)).toEqual(GONE)
    for (const id of kept) expect(await stands(tenant.scope, id)).toEqual(HERE)
    expect(await new Sessions(api.tables, tenant.scope).get(sessionId)).toBeNull()
  })
})

it('removing what is not there is no error', async () => {
  const { scope } = await api.newTenant()
  await eraseMedia({ tables: api.tables, mediaStore: api.mediaStore }, scope, newId('med'))
})
