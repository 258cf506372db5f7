/** How the server itself is addressed. */
export const SERVER = '@s.whatsapp.net'

export type Jid = { user: string; device: number; server: string }

/** Parses `user[:device]@server`; undefined for anything else. */
export function parseJid(text: string | undefined): Jid | undefined {
  const match = /^([^@:]+)(?::(\d+))?@([a-z.]+)$/.exec(text ?? '')
  if (!match) return undefined
  return { user: match[1]!, device: Number(match[2] ?? 0), server: match[3]! }
}

export function phoneJid(phone: string, device = 0): string {
  return `${phone}${device ? `:${device}` : ''}@s.whatsapp.net`
}

export function lidJid(lid: string, device = 0): string {
  return `${lid}${device ? `:${device}` : ''}@lid`
}

/** The account address of a device address: `user@server`. */
export function withoutDevice(jid: string): string {
  return jid.replace(/:\d+@/, '@')
}

/** Where status messages go. */
export const STATUS = 'status@broadcast'

/** A group or the status list: messages carry their author as `participant`. */
export function isMany(jid: string | undefined): boolean {
  return jid !== undefined && (jid.endsWith('@g.us') || jid === STATUS)
}
