import type { Handler } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { issueStreamTicket } from '../../../shared/store/stream-tickets.ts'
import type { ControlServices } from '../services.ts'

const VALID_MS = 60_000

export const createStreamTicket =
  ({ tables }: ControlServices): Handler<'createStreamTicket'> =>
  async ({ body }, context) => {
    const { key } = context.principal
    const sessionId = body?.sessionId ?? key.sessionId
    if (sessionId !== null) await requireSession(tables, context, sessionId)
    const expiresAt = context.now + VALID_MS
    const ticket = await issueStreamTicket(tables, { keyHash: key.hash, sessionId, expiresAt })
    return { status: 201, body: { ticket, sessionId, expiresAt: new Date(expiresAt).toISOString() } }
  }
