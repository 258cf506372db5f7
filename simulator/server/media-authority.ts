import type { Database } from '../store/database.ts'
import { createAuthority, type Issuer } from './x509.ts'

const AUTHORITY_NAME = 'Simulated WhatsApp media CA'

/** The CA the media host's certificate comes from; it lives as long as the data file, or as the root key that was given. */
export function loadMediaAuthority(database: Database, rootKey?: Buffer): Issuer {
  if (rootKey) return createAuthority(AUTHORITY_NAME, rootKey)
  const row = database.get<{ value: string }>("SELECT value FROM meta WHERE key = 'media-authority'")
  if (row) return JSON.parse(row.value) as Issuer
  const authority = createAuthority(AUTHORITY_NAME)
  database.run("INSERT INTO meta VALUES ('media-authority', ?)", JSON.stringify(authority))
  return authority
}
