import { createHash, randomBytes } from 'node:crypto'
import * as z from 'zod'
import { streamTicketKey } from './keys.ts'
import type { Tables } from './tables.ts'

const ticketRowSchema = z.object({
  v: z.literal(1),
  keyHash: z.string(),
  sessionId: z.string().nullable(),
  expiresAt: z.number().int(),
  ttl: z.number().int(),
})
const TICKET_BYTES = 24
/** The table's own cleaning comes late: the time in the row decides. */
const KEPT_SECONDS = 3600

const hashOf = (ticket: string): string => createHash('sha256').update(ticket).digest('hex')

/** A ticket for one stream; only its hash is kept. @param expiresAt epoch milliseconds */
export const issueStreamTicket = async (
  tables: Tables,
  grant: { readonly keyHash: string; readonly sessionId: string | null; readonly expiresAt: number },
): Promise<string> => {
  const ticket = `tkt_${randomBytes(TICKET_BYTES).toString('base64url')}`
  const ttl = Math.ceil(grant.expiresAt / 1000) + KEPT_SECONDS
  await tables.ephemeral.put({ ...streamTicketKey(hashOf(ticket)), v: 1, ...grant, ttl })
  return ticket
}

/** Takes it away: of two that come with it one gets it. Null: unknown, used, expired. */
export const redeemStreamTicket = async (
  tables: Tables,
  ticket: string,
  now: number,
): Promise<{ readonly keyHash: string; readonly sessionId: string | null } | null> => {
  const taken = await tables.ephemeral.remove(streamTicketKey(hashOf(ticket)), { expression: 'attribute_exists(pk)' })
  if (!taken.ok || !taken.item) return null
  const row = ticketRowSchema.parse(taken.item)
  return row.expiresAt > now ? row : null
}
