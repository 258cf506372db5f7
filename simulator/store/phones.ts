import { randomBytes, randomInt } from 'node:crypto'
import { generateKeyPair, type KeyPair, sign } from '../wire/signal.ts'
import { asBuffer } from '../wire/stanza.ts'
import type { Database } from './database.ts'

export type Phone = {
  id: number
  namespace: string
  phone: string
  name: string
  lid: string
  onWhatsApp: number
  online: number
  deliveryReceipts: number
  readReceipts: 'manual' | 'auto'
  addressing: 'pn' | 'lid'
  identityPrivate: Uint8Array
  identityPublic: Uint8Array
  registrationId: number
  signedKeyId: number
  signedPrivate: Uint8Array
  signedPublic: Uint8Array
  signedSignature: Uint8Array
  nextPreKeyId: number
  /** Who may put this number into a group without asking. */
  groupAdd: 'all' | 'nobody'
  about: string
  appStateKeyId: Uint8Array
  appStateKey: Uint8Array
  createdAt: number
}

export type PhoneChange = {
  name?: string
  onWhatsApp?: boolean
  online?: boolean
  deliveryReceipts?: boolean
  readReceipts?: 'manual' | 'auto'
  addressing?: 'pn' | 'lid'
  groupAdd?: 'all' | 'nobody'
  about?: string
}

export function findPhone(database: Database, namespace: string, phone: string): Phone | undefined {
  return database.get<Phone>('SELECT * FROM phones WHERE namespace = ? AND phone = ?', namespace, phone)
}

export function phoneById(database: Database, id: number): Phone | undefined {
  return database.get<Phone>('SELECT * FROM phones WHERE id = ?', id)
}

export function findPhoneByLid(database: Database, namespace: string, lid: string): Phone | undefined {
  return database.get<Phone>('SELECT * FROM phones WHERE namespace = ? AND lid = ?', namespace, lid)
}

export function listPhones(database: Database, namespace: string): Phone[] {
  return database.all<Phone>('SELECT * FROM phones WHERE namespace = ? ORDER BY id', namespace)
}

/** Creates a phone with fresh identity and keys (about 10 ms: one XEdDSA signature), or changes the existing one. */
export function upsertPhone(database: Database, namespace: string, phone: string, change: PhoneChange): Phone {
  const existing = findPhone(database, namespace, phone)
  if (!existing) insertPhone(database, namespace, phone, change)
  for (const [column, value] of Object.entries(change)) {
    if (value === undefined) continue
    const stored = typeof value === 'boolean' ? Number(value) : value
    database.run(`UPDATE phones SET ${column} = ? WHERE namespace = ? AND phone = ?`, stored, namespace, phone)
  }
  return findPhone(database, namespace, phone)!
}

function insertPhone(database: Database, namespace: string, phone: string, change: PhoneChange): void {
  const identity = generateKeyPair()
  const signed = generateKeyPair()
  const lid = `${randomInt(1e6, 1e7)}${randomInt(1e7, 1e8)}`
  const sql = `INSERT INTO phones (namespace, phone, name, lid, onWhatsApp, online, deliveryReceipts, readReceipts, addressing,
    identityPrivate, identityPublic, registrationId, signedKeyId, signedPrivate, signedPublic, signedSignature, nextPreKeyId,
    appStateKeyId, appStateKey, createdAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, 1, ?, ?, ?)`
  database.run(
    sql,
    namespace,
    phone,
    change.name ?? `+${phone}`,
    lid,
    Number(change.onWhatsApp ?? true),
    Number(change.online ?? true),
    Number(change.deliveryReceipts ?? true),
    change.readReceipts ?? 'manual',
    change.addressing ?? 'pn',
    identity.privateKey,
    identity.publicKey,
    randomInt(1, 16_380),
    signed.privateKey,
    signed.publicKey,
    sign(identity.privateKey, signed.publicKey),
    Buffer.concat([Buffer.from([0, 0]), randomBytes(4)]),
    randomBytes(32),
    Date.now(),
  )
}

/** A new one-time pre-key of this phone; the private half is kept until a message has used it. */
export function mintPreKey(database: Database, phoneId: number): { keyId: number; pair: KeyPair } {
  const pair = generateKeyPair()
  const row = database.get<{ keyId: number }>(
    'UPDATE phones SET nextPreKeyId = nextPreKeyId + 1 WHERE id = ? RETURNING nextPreKeyId - 1 AS keyId',
    phoneId,
  )!
  const sql = 'INSERT INTO phone_pre_keys VALUES (?, ?, ?, ?)'
  database.run(sql, phoneId, row.keyId, pair.privateKey, pair.publicKey)
  return { keyId: row.keyId, pair }
}

export function readPreKey(
  database: Database,
  phoneId: number,
  keyId: number,
): { privKey: Buffer; pubKey: Buffer } | undefined {
  const row = database.get<{ privateKey: Uint8Array; publicKey: Uint8Array }>(
    'SELECT privateKey, publicKey FROM phone_pre_keys WHERE phoneId = ? AND keyId = ?',
    phoneId,
    keyId,
  )
  return row && { privKey: asBuffer(row.privateKey), pubKey: asBuffer(row.publicKey) }
}
