import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, makeApi } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { linkSession, readAllEvents, waitForStatus } from '../support/session.ts'

/**
 * The restore drill of docs/disaster-recovery.md on the local platform: tables go back to an earlier moment while the
 * sessions' logs stay newer, objects of a log are deleted by accident and undeleted. A copy of the emulator's files stands
 * for point-in-time recovery and for the bucket's versions.
 */
const CONTACT = '+5511988880003'
const TABLES = 'dynamodb.db'
const OBJECTS = 's3.db'

const dataDir = temporaryDataDir()
const vault = temporaryDataDir()
let platform: Platform
let api: Api
/** kept: log untouched; undeleted: log deleted and brought back; lost: log deleted for good */
const ids: Record<'kept' | 'undeleted' | 'lost', string> = { kept: '', undeleted: '', lost: '' }

beforeAll(async () => {
  platform = await startPlatform({ dataDir })
  api = makeApi(platform.ready.apiUrl, platform.ready.testKey)
})
afterAll(async () => {
  await platform?.stop()
  removeDataDir(dataDir)
  removeDataDir(vault)
})

const restart = async () => {
  platform = await startPlatform({ dataDir })
  api = makeApi(platform.ready.apiUrl, platform.ready.testKey)
}
const filesOf = (name: string) => readdirSync(dataDir).filter((file) => file.startsWith(name))
const backUp = (name: string) => {
  for (const file of filesOf(name)) copyFileSync(join(dataDir, file), join(vault, file))
}
const restore = (name: string) => {
  for (const file of filesOf(name)) rmSync(join(dataDir, file))
  for (const file of readdirSync(vault).filter((each) => each.startsWith(name)))
    copyFileSync(join(vault, file), join(dataDir, file))
}

const send = async (sessionId: string, body: string, key = body): Promise<string> => {
  const message = { sessionId, to: CONTACT, type: 'text', text: { body } }
  const { id } = await api.post('/v1/messages', message, { 'idempotency-key': key })
  await eventually(`"${body}" is sent`, async () =>
    ['sent', 'delivered', 'read'].includes((await api.get(`/v1/messages/${id}`)).status),
  )
  return id
}
const received = async (sessionId: string): Promise<string[]> => {
  const path = `/v1/test/sessions/${sessionId}/contacts/${encodeURIComponent(CONTACT)}/messages`
  return (await api.get(path)).data.map(({ text }: { text: string }) => text)
}
const withObjects = <T>(use: (database: DatabaseSync) => T): T => {
  const database = new DatabaseSync(join(dataDir, OBJECTS))
  try {
    return use(database)
  } finally {
    database.close()
  }
}
/** Epoch of the log, as its HEAD says. */
const headEpoch = (sessionId: string): number =>
  withObjects((database) => {
    const row = database.prepare(`SELECT body FROM objects WHERE key LIKE ?`).get(`head/%${sessionId}%`)
    return JSON.parse(Buffer.from(row!.body as Uint8Array).toString()).epoch
  })
const lastSequence = async (sessionId: string): Promise<number> => (await readAllEvents(api, sessionId)).at(-1).sequence
/** Readers wait an hour before they believe that a gap is a loss; whoever knows where they were asks for what is after. */
const eventsAfter = async (sessionId: string, afterSequence: number): Promise<any[]> =>
  (await api.get(`/v1/events?sessionId=${sessionId}&afterSequence=${afterSequence}&limit=100`)).data

it('tables from before and logs from after: sessions connect without a QR, epochs and sequences only grow', async () => {
  for (const [index, name] of (['kept', 'undeleted', 'lost'] as const).entries())
    ids[name] = await linkSession(api, `+551196666000${index}`, name)
  const before = await send(ids.kept, 'before the backup')
  // As point-in-time recovery does, in the middle of things: owners are on record, nothing was handed back.
  await platform.kill()
  expect(existsSync(join(dataDir, TABLES))).toBe(true)
  backUp(TABLES)
  const epochAtBackup = headEpoch(ids.kept)

  await restart()
  for (const id of Object.values(ids)) await waitForStatus(api, id, 'connected', 120_000)
  await send(ids.kept, 'after the backup')
  await send(ids.undeleted, 'of the deleted log')
  const sequences = { kept: await lastSequence(ids.kept) }
  await platform.kill()
  const epochBefore = headEpoch(ids.kept)
  expect(epochBefore).toBeGreaterThan(epochAtBackup)

  // The disaster: both tables are gone, and somebody deleted the logs of two sessions.
  backUp(OBJECTS)
  const deleted = withObjects((database) =>
    [ids.undeleted, ids.lost].map(
      (id) => database.prepare(`DELETE FROM objects WHERE key LIKE ?`).run(`%/${id}%`).changes,
    ),
  )
  for (const count of deleted) expect(count).toBeGreaterThan(1)
  restore(TABLES)
  undelete(ids.undeleted)

  const restoredAt = Date.now()
  await restart()
  await eventually('both sessions run on new workers', async () => connectedSince(restoredAt), 180_000, 1_000)
  // A sequence is never used twice: new events follow those that the table forgot.
  const silenceMs = Date.now() - restoredAt
  expect(headEpoch(ids.kept)).toBeGreaterThan(epochBefore)

  await send(ids.kept, 'after the restore')
  await send(ids.undeleted, 'the deleted log goes on')
  const events = [...(await readAllEvents(api, ids.kept)), ...(await eventsAfter(ids.kept, sequences.kept))]
  expect(events.at(-1).sequence).toBeGreaterThan(sequences.kept)
  expect(new Set(events.map(({ sequence }) => sequence)).size).toBe(events.length)
  const scans = events.filter(
    ({ type, timestamp }) => ['session.qr', 'session.linked'].includes(type) && Date.parse(timestamp) > restoredAt,
  )
  expect(scans).toEqual([])
  expect((await api.get(`/v1/messages/${before}`)).status).toMatch(/sent|delivered|read/)

  // What the log cannot bring back is not made up either.
  await waitForStatus(api, ids.lost, 'failed', 120_000)
  expect((await api.get(`/v1/sessions/${ids.lost}`)).reason.code).toBe('state_lost')

  // A repeat with the same key of what was sent after the backup: its row is gone, the log remembers.
  await api.post(
    '/v1/messages',
    { sessionId: ids.kept, to: CONTACT, type: 'text', text: { body: 'after the backup' } },
    { 'idempotency-key': 'after the backup' },
  )
  await send(ids.kept, 'the end')
  const texts = await received(ids.kept)
  console.log(
    JSON.stringify({
      epochs: { backup: epochAtBackup, disaster: epochBefore, restored: headEpoch(ids.kept) },
      secondsUntilConnected: Math.round(silenceMs / 1000),
      eventsForgotten: sequences.kept - events.filter(({ sequence }) => sequence <= sequences.kept).length,
      copiesOfTheRepeated: texts.filter((text) => text === 'after the backup').length,
    }),
  )
  for (const text of ['before the backup', 'after the restore', 'the end'])
    expect(texts.filter((each) => each === text)).toHaveLength(1)
}, 600_000)

/** The row of a session said so before the disaster too: only a later time counts. */
const connectedSince = async (since: number): Promise<boolean> => {
  for (const id of [ids.kept, ids.undeleted]) {
    const { status, connectedAt } = await api.get(`/v1/sessions/${id}`)
    if (status !== 'connected' || !connectedAt || Date.parse(connectedAt) < since) return false
  }
  return true
}

/** What removing the delete markers does: the newest version of each object is there again. */
const undelete = (sessionId: string): void =>
  withObjects((database) => {
    database.exec(`ATTACH '${join(vault, OBJECTS)}' AS vault`)
    database.prepare(`INSERT INTO main.objects SELECT * FROM vault.objects WHERE key LIKE ?`).run(`%/${sessionId}%`)
  })
