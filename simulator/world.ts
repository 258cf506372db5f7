import { KeyedLock } from './phones/keyed-lock.ts'
import { PairingCodes, QrReferences } from './protocol/pairing-state.ts'
import { loadServerIdentity, type ServerIdentity } from './server/certificates.ts'
import { Connections } from './server/connections.ts'
import { loadMediaAuthority } from './server/media-authority.ts'
import type { Issuer } from './server/x509.ts'
import { Database } from './store/database.ts'

/** Everything the parts of one simulator share. What is not in `database` does not survive a restart, on purpose. */
export type World = {
  readonly database: Database
  readonly identity: ServerIdentity
  readonly connections: Connections
  /** Issuer of the media host's certificate. */
  readonly mediaAuthority: Issuer
  /** `host:port` of the media host, set when it listens. */
  mediaHost: string
  readonly qrReferences: QrReferences
  readonly pairingCodes: PairingCodes
  readonly phoneLock: KeyedLock
}

/** @param path of the SQLite file, or ':memory:' */
export function openWorld(path: string, rootKey?: Buffer): World {
  const database = new Database(path)
  return {
    database,
    identity: loadServerIdentity(database, rootKey),
    connections: new Connections(),
    mediaAuthority: loadMediaAuthority(database, rootKey),
    mediaHost: '',
    qrReferences: new QrReferences(),
    pairingCodes: new PairingCodes(),
    phoneLock: new KeyedLock(),
  }
}
