import type { Database } from './database.ts'

/** What a namespace (tenant) may choose. */
export type Settings = {
  /** Unknown numbers become contacts (or phones, on scan) the first time somebody names them. */
  autoContacts: boolean
  /** After a scan the server first demands a fresh adv secret (`companion_reg_refresh`), as the real one does since July 2026. */
  companionRegRefresh: boolean
  /** Clients of an older build (the last part of their version) are refused with 405 at login; 0: nobody. */
  minimumBuild: number
}

const DEFAULTS: Settings = { autoContacts: true, companionRegRefresh: false, minimumBuild: 0 }

export function readSettings(database: Database, namespace: string): Settings {
  const row = database.get<{ value: string }>('SELECT value FROM settings WHERE namespace = ?', namespace)
  return { ...DEFAULTS, ...(row ? (JSON.parse(row.value) as Partial<Settings>) : {}) }
}

export function writeSettings(database: Database, namespace: string, change: Partial<Settings>): Settings {
  const settings = { ...readSettings(database, namespace), ...change }
  const sql = 'INSERT INTO settings VALUES (?, ?) ON CONFLICT (namespace) DO UPDATE SET value = excluded.value'
  database.run(sql, namespace, JSON.stringify(settings))
  return settings
}
