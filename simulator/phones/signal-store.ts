import type { Database } from '../store/database.ts'
import type { Phone } from '../store/phones.ts'
import { readPreKey } from '../store/phones.ts'
import { SessionRecord } from '../wire/signal.ts'
import { asBuffer } from '../wire/stanza.ts'

type ChainJson = { chainType: number }
type SessionJson = { indexInfo: { closed: number }; _chains: Record<string, ChainJson> }
type RecordJson = { _sessions: Record<string, SessionJson>; version: string }

const KEEP_CLOSED_SESSIONS = 5
const KEEP_RECEIVING_CHAINS = 5
const RECEIVING = 2

/**
 * libsignal's view of one phone's keys. Writes are staged: `commit` puts them on disk in the caller's transaction, together with
 * whatever follows from the decryption, so a killed simulator never has one without the other.
 */
export class SignalStore {
  readonly #database: Database
  readonly #phone: Phone
  readonly #sessions = new Map<string, string>()
  readonly #usedPreKeys: number[] = []

  constructor(database: Database, phone: Phone) {
    this.#database = database
    this.#phone = phone
  }

  async loadSession(address: string): Promise<SessionRecord | undefined> {
    const sql = 'SELECT record FROM sessions WHERE phoneId = ? AND address = ?'
    const text =
      this.#sessions.get(address) ?? this.#database.get<{ record: string }>(sql, this.#phone.id, address)?.record
    return text === undefined ? undefined : SessionRecord.deserialize(JSON.parse(text) as Uint8Array)
  }

  async storeSession(address: string, record: SessionRecord): Promise<void> {
    this.#sessions.set(address, JSON.stringify(prune(record.serialize() as unknown as RecordJson)))
  }

  isTrustedIdentity(): boolean {
    return true
  }

  async loadPreKey(keyId: number | string): Promise<{ privKey: Buffer; pubKey: Buffer } | undefined> {
    return readPreKey(this.#database, this.#phone.id, Number(keyId))
  }

  removePreKey(keyId: number): void {
    this.#usedPreKeys.push(keyId)
  }

  loadSignedPreKey(): { privKey: Buffer; pubKey: Buffer } {
    return { privKey: asBuffer(this.#phone.signedPrivate), pubKey: asBuffer(this.#phone.signedPublic) }
  }

  getOurRegistrationId(): number {
    return this.#phone.registrationId
  }

  getOurIdentity(): { privKey: Buffer; pubKey: Buffer } {
    return { privKey: asBuffer(this.#phone.identityPrivate), pubKey: asBuffer(this.#phone.identityPublic) }
  }

  /** Writes what was staged. Call inside a transaction. */
  commit(): void {
    const upsert = 'INSERT INTO sessions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET record = excluded.record'
    for (const [address, record] of this.#sessions) this.#database.run(upsert, this.#phone.id, address, record)
    const remove = 'DELETE FROM phone_pre_keys WHERE phoneId = ? AND keyId = ?'
    for (const keyId of this.#usedPreKeys) this.#database.run(remove, this.#phone.id, keyId)
    this.#sessions.clear()
    this.#usedPreKeys.length = 0
  }
}

/** libsignal never drops receiving chains and keeps 40 closed sessions: a long-lived contact would slow down with every message. */
function prune(record: RecordJson): RecordJson {
  const closed = Object.entries(record._sessions).filter(([, { indexInfo }]) => indexInfo.closed !== -1)
  closed.sort(([, a], [, b]) => b.indexInfo.closed - a.indexInfo.closed)
  for (const [key] of closed.slice(KEEP_CLOSED_SESSIONS)) delete record._sessions[key]
  for (const { _chains } of Object.values(record._sessions)) {
    const receiving = Object.keys(_chains).filter((key) => _chains[key]!.chainType === RECEIVING)
    for (const key of receiving.slice(0, -KEEP_RECEIVING_CHAINS)) delete _chains[key]
  }
  return record
}
