/** What WhatsApp says of a number. */
export interface Resolved {
  readonly exists: boolean
  /** jid to send to: LID when known */
  readonly jid: string
  readonly phoneJid: string
  readonly lid: string | null
}
