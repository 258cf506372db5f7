import { randomBytes } from 'node:crypto'
import type { Operations } from '../../../shared/contract/operations.ts'
import { hashOfRequest } from '../../../shared/core/canonical-json.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { messageIdOfKey, newId } from '../../../shared/core/ids.ts'
import { isSettled } from '../../../shared/core/message-status.ts'
import { acceptsMessages } from '../../../shared/core/session-status.ts'
import type { Handler, InputOf, TenantContext } from '../../../shared/http/handler.ts'
import { isLinked, requireSession } from '../../../shared/http/require-session.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { Messages } from '../../../shared/store/messages.ts'
import { messageContentPlace } from '../../../shared/store/places.ts'
import type { MessageRow } from '../../../shared/store/rows/message.ts'
import type { SessionRow } from '../../../shared/store/rows/session.ts'
import { type PreparedMessage, prepareMessage } from '../content/prepare-message.ts'
import { openMessage } from '../present.ts'
import { nameOfRecipient, resolveAddress } from '../recipient.ts'
import type { MessageServices } from '../services.ts'

const EXPIRES_AFTER_MS = 24 * 3600_000
/** WhatsApp Web's own ids begin with 3EB0. */
const WHATSAPP_ID_PREFIX = '3EB0'
const WHATSAPP_ID_BYTES = 9

interface Request {
  readonly body: InputOf<Operations['createMessage']>['body']
  readonly messageId: string
  readonly requestHash: string
}

/**
 * Accept (protocol §2, §9): session status → MESSAGE and OPEN in one transaction → **then** a consistent read of the
 * lease → ring. A worker that takes the session over either sees the OPEN row or is seen by our lease read.
 */
export const createMessage =
  (services: MessageServices): Handler<'createMessage'> =>
  async ({ body }, context) => {
    const request: Request = {
      body,
      requestHash: hashOfRequest(
        body.to === undefined ? body : { ...body, to: nameOfRecipient(body.sessionId, body.to) ?? body.to },
      ),
      messageId:
        context.idempotencyKey === null
          ? newId('msg', context.now)
          : messageIdOfKey(context.scope.tenantId, context.scope.mode, context.idempotencyKey),
    }
    context.note({ messageId: request.messageId })
    const session = await requireSession(services.tables, context, body.sessionId)
    const row =
      acceptsMessages(session.status) && isLinked(session)
        ? await accept(services, context, session, request)
        : await repeatedOrRefused(services, context, session, request)
    if (row.requestHash !== request.requestHash)
      throw new Fault('idempotency_key_reused', {
        detail: 'This Idempotency-Key was used with another message. Use a new key for a new message.',
        param: 'Idempotency-Key',
      })
    if (!isSettled(row.status)) await ring(services, context, row.sessionId)
    return {
      status: 202,
      body: await openMessage(services.tenantKeys, context, row),
      headers: { Location: `/v1/messages/${row.id}` },
    }
  }

/** A repeated request gets its message back, whatever became of the session since. @throws Fault session_not_linked */
const repeatedOrRefused = async (
  { tables }: MessageServices,
  context: TenantContext,
  session: SessionRow,
  request: Request,
): Promise<MessageRow> => {
  const standing =
    context.idempotencyKey === null ? null : await new Messages(tables, context.scope).get(request.messageId)
  if (standing) return standing
  // What is wrong with the request itself is wrong in every state of the session.
  if (request.body.to !== undefined)
    await resolveAddress({ tables, scope: context.scope, sessionId: request.body.sessionId }, request.body.to)
  throw new Fault('session_not_linked', {
    detail: `The session is ${session.status} and cannot send: link a phone first (POST /v1/sessions/${session.id}/link).`,
  })
}

/** @returns the message as it stands: the new one, or the one that the Idempotency-Key made before */
const accept = async (
  services: MessageServices,
  context: TenantContext,
  session: SessionRow,
  { body, messageId, requestHash }: Request,
): Promise<MessageRow> => {
  const { scope, now } = context
  const messages = new Messages(services.tables, scope)
  const standingOr = async (error: unknown): Promise<MessageRow> => {
    const standing = context.idempotencyKey === null ? null : await messages.get(messageId)
    if (standing) return standing
    throw error
  }
  // A repeated request is answered, also when by now it would be refused: the time to edit is over, the quota is used up.
  let prepared: PreparedMessage
  try {
    prepared = await prepareMessage(services, context, body, messageId)
  } catch (error) {
    return standingOr(error)
  }
  const { to, type, content } = prepared
  const row: MessageRow = {
    v: 1,
    tenantId: scope.tenantId,
    mode: scope.mode,
    id: messageId,
    sessionId: session.id,
    direction: 'outbound',
    type,
    status: 'queued',
    chat: to,
    from: { contactId: null, phone: session.phone, lid: session.lid, jid: null, kind: 'user' },
    to,
    content: await services.tenantKeys.seal(scope, messageContentPlace(messageId), content),
    metadata: body.metadata,
    whatsappId: WHATSAPP_ID_PREFIX + randomBytes(WHATSAPP_ID_BYTES).toString('hex').toUpperCase(),
    requestHash,
    failure: null,
    createdAt: now,
    expiresAt: now + EXPIRES_AFTER_MS,
    sentAt: null,
    deliveredAt: null,
    readAt: null,
    receivedAt: null,
    delayedUntil: null,
    retry: 'standard',
    epoch: 0,
    claimToken: null,
    attempts: 0,
    openKey: null,
  }
  try {
    await services.quota.take(scope, context.principal.limits.messagesPerDay, now)
  } catch (error) {
    return standingOr(error)
  }
  const result = await messages.accept(row, now).catch((error) => {
    services.quota.giveBack(scope, now)
    throw error
  })
  if (result.outcome !== 'accepted') services.quota.giveBack(scope, now)
  context.note({ accepted: result.outcome })
  return result.row
}

/** The lease is read after the rows are written, consistently, never from a cache. */
const ring = async ({ tables, bell }: MessageServices, context: TenantContext, sessionId: string): Promise<void> => {
  const lease = await new Leases(tables, context.scope).get(sessionId)
  if (lease) context.note({ ring: await bell.ring(context.scope, lease, 'messages') })
}
