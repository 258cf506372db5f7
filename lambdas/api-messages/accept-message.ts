import { randomBytes } from 'node:crypto'
import type { SendMessageBody } from '../../shared/contract/content/send-body.ts'
import { hashOfRequest } from '../../shared/core/canonical-json.ts'
import { Fault } from '../../shared/core/fault.ts'
import { messageIdOfKey, newId } from '../../shared/core/ids.ts'
import { type MessageTimes, planTimes, type TimeProblem } from '../../shared/core/message-times.ts'
import { acceptsMessages } from '../../shared/core/session-status.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { isLinked } from '../../shared/http/require-session.ts'
import { validationFault } from '../../shared/http/validate.ts'
import { notBeforeOf } from '../../shared/store/keys.ts'
import { Leases } from '../../shared/store/leases.ts'
import { Messages } from '../../shared/store/messages.ts'
import { messageContentPlace } from '../../shared/store/places.ts'
import type { MessageRow } from '../../shared/store/rows/message.ts'
import type { SessionRow } from '../../shared/store/rows/session.ts'
import { type PreparedMessage, prepareMessage } from './content/prepare-message.ts'
import { nameOfRecipient, resolveAddress } from './recipient.ts'
import type { MessageServices } from './services.ts'

/** WhatsApp Web's own ids begin with 3EB0. */
const WHATSAPP_ID_PREFIX = '3EB0'
const WHATSAPP_ID_BYTES = 9

/** A message that somebody asked to send. */
export interface MessageRequest {
  readonly body: SendMessageBody
  readonly messageId: string
  readonly requestHash: string
  /** position in a batch: what lies behind is accepted later, so that a chat keeps the order */
  readonly batchIndex: number
  readonly times: MessageTimes | { readonly problems: readonly TimeProblem[] }
}

export const readRequest = (body: SendMessageBody, context: TenantContext, batchIndex = 0): MessageRequest => {
  const { to, sendAt, expiresAt } = body
  return {
    body,
    // One chat or moment, however it is written, is one request.
    requestHash: hashOfRequest({
      ...body,
      ...(to === undefined ? {} : { to: nameOfRecipient(body.sessionId, to) ?? to }),
      sendAt: sendAt && Date.parse(sendAt),
      expiresAt: expiresAt && Date.parse(expiresAt),
    }),
    messageId:
      context.idempotencyKey === null
        ? newId('msg', context.now)
        : messageIdOfKey(context.scope.tenantId, context.scope.mode, context.idempotencyKey, batchIndex),
    batchIndex,
    times: planTimes(body, context.now),
  }
}

/** A message as it stands when it is accepted. */
export interface AcceptedMessage {
  readonly row: MessageRow
  /** what was sealed on the row just now; null: the row was there before, and alone has it */
  readonly content: PreparedMessage['content'] | null
}

/**
 * MESSAGE and OPEN in one transaction, or the message that the Idempotency-Key made before, whatever became of the
 * session and of the clock since.
 * @param before what was accepted before it in the same chat of a batch: it keeps its place behind that, whichever of two
 *   concurrent requests wrote it
 * @throws Fault session_not_linked, quota_exceeded, idempotency_key_reused, and those of prepareMessage
 */
export const acceptMessage = async (
  services: MessageServices,
  context: TenantContext,
  session: SessionRow,
  request: MessageRequest,
  before: MessageRow | null = null,
): Promise<AcceptedMessage> => {
  const { times } = request
  const refusal = refusalOf(session, request)
  const message =
    refusal || 'problems' in times
      ? asItStood(await repeatedOrRefused(services, context, request, refusal))
      : await accept(services, context, session, request, behind(before, request, times, context.now))
  requireSame(message.row, request.requestHash)
  return message
}

const asItStood = (row: MessageRow): AcceptedMessage => ({ row, content: null })

/** The message that this request made before, by its Idempotency-Key. @throws Fault idempotency_key_reused */
export const repeatedMessage = async (
  { tables }: MessageServices,
  { scope, idempotencyKey }: TenantContext,
  requestHash: string,
): Promise<MessageRow | null> => {
  if (idempotencyKey === null) return null
  const standing = await new Messages(tables, scope).get(messageIdOfKey(scope.tenantId, scope.mode, idempotencyKey, 0))
  return standing && requireSame(standing, requestHash)
}

const requireSame = (row: MessageRow, requestHash: string): MessageRow => {
  if (row.requestHash === requestHash) return row
  throw new Fault('idempotency_key_reused', {
    detail: 'This Idempotency-Key was used with another message. Use a new key for a new message.',
    param: 'Idempotency-Key',
  })
}

/** The lease is read after the rows are written, consistently, never from a cache. */
export const ringOwner = async (
  { tables, bell }: MessageServices,
  context: TenantContext,
  sessionId: string,
): Promise<void> => {
  const lease = await new Leases(tables, context.scope).get(sessionId)
  if (lease) context.note({ ring: await bell.ring(context.scope, lease, 'messages') })
}

const refusalOf = (session: SessionRow, { times }: MessageRequest): Fault | null => {
  if (!acceptsMessages(session.status) || !isLinked(session))
    return new Fault('session_not_linked', {
      detail: `The session is ${session.status} and cannot send: link a phone first (POST /v1/sessions/${session.id}/link).`,
    })
  return 'problems' in times ? validationFault(times.problems) : null
}

const repeatedOrRefused = async (
  { tables }: MessageServices,
  context: TenantContext,
  request: MessageRequest,
  refusal: Fault | null,
): Promise<MessageRow> => {
  const standing =
    context.idempotencyKey === null ? null : await new Messages(tables, context.scope).get(request.messageId)
  if (standing) return standing
  // What is wrong with the request itself is wrong in every state of the session.
  if (request.body.to !== undefined)
    await resolveAddress({ tables, scope: context.scope, sessionId: request.body.sessionId }, request.body.to)
  throw refusal ?? new Error('a request that nothing speaks against was refused')
}

type Place = MessageTimes & { readonly createdAt: number }

/** OPEN is read by notBefore, then by the time of accept. What is scheduled has a place of its own. */
const behind = (before: MessageRow | null, { batchIndex }: MessageRequest, times: MessageTimes, now: number): Place => {
  const createdAt = Math.max(now + batchIndex, (before?.createdAt ?? 0) + 1)
  if (!before?.openKey || before.sendAt != null || times.sendAt !== null) return { ...times, createdAt }
  return { ...times, createdAt, notBefore: Math.max(times.notBefore, notBeforeOf(before.openKey)) }
}

/** @returns the message as it stands: the new one, or the one that the Idempotency-Key made before */
const accept = async (
  services: MessageServices,
  context: TenantContext,
  session: SessionRow,
  { body, messageId, requestHash }: MessageRequest,
  times: Place,
): Promise<AcceptedMessage> => {
  const { scope, now } = context
  const messages = new Messages(services.tables, scope)
  const standingOr = async (error: unknown): Promise<AcceptedMessage> => {
    const standing = context.idempotencyKey === null ? null : await messages.get(messageId)
    if (standing) return asItStood(standing)
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
    status: times.status,
    chat: to,
    from: { contactId: null, phone: session.phone, lid: session.lid, jid: null, kind: 'user' },
    to,
    content: await services.tenantKeys.seal(scope, messageContentPlace(messageId), content),
    metadata: body.metadata,
    whatsappId: WHATSAPP_ID_PREFIX + randomBytes(WHATSAPP_ID_BYTES).toString('hex').toUpperCase(),
    requestHash,
    failure: null,
    createdAt: times.createdAt,
    sendAt: times.sendAt,
    expiresAt: times.expiresAt,
    sentAt: null,
    deliveredAt: null,
    readAt: null,
    receivedAt: null,
    delayedUntil: null,
    retry: body.retry ?? 'standard',
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
  const result = await messages.accept(row, times.notBefore).catch((error) => {
    services.quota.giveBack(scope, now)
    throw error
  })
  context.note({ accepted: result.outcome })
  if (result.outcome === 'accepted') return { row: result.row, content }
  services.quota.giveBack(scope, now)
  return asItStood(result.row)
}
