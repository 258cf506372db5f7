import type { Messages } from '../../shared/store/messages.ts'
import { messageContentPlace, messageProtoPlace } from '../../shared/store/places.ts'
import type { Address, Failure, MessageRow } from '../../shared/store/rows/message.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { WhatsAppConnection } from '../whatsapp/connection.ts'
import { WhatsAppError } from '../whatsapp/errors.ts'
import { bareJid, lidOfJid, phoneOfJid } from './addresses.ts'
import { buildContent } from './build-content.ts'
import type { RowContent } from './build-input.ts'
import type { ContactBook } from './contact-book.ts'
import { FAILURES, frameLimit } from './failures.ts'
import type { OwnIdentity } from './inbound.ts'
import type { SessionContext } from './session-context.ts'
import type { SettledStatus } from './settled-status.ts'
import { typeBefore } from './type-before.ts'

export type SendOutcome =
  /** a frame was handed to the gate; the server's word settles it */
  | { readonly outcome: 'relayed' }
  | { readonly outcome: 'fail' | 'unknown'; readonly failure: Failure }
  /** the log knows the end, the row does not yet */
  | { readonly outcome: 'settledBefore'; readonly status: SettledStatus }
  /** the row moved on to a later epoch, or the connection is not ours any more */
  | { readonly outcome: 'dropped' }

/**
 * Takes one claimed message to the wire: resolve → build once → store → journal `out` → relay.
 * @param isCurrent asked after every wait: is this connection still the session's?
 * @throws WhatsAppError and what the stores throw: nothing is decided, the row is tried again
 */
export const sendMessage = async (
  context: SessionContext,
  input: {
    row: MessageRow
    messages: Messages
    sessionLog: SessionLog
    connection: WhatsAppConnection
    book: ContactBook
    own: OwnIdentity
    isCurrent: () => boolean
    /** show typing before a message leaves for the first time */
    typesBefore: boolean
    now: () => number
  },
): Promise<SendOutcome> => {
  const { row, sessionLog, connection } = input
  const out = sessionLog.state.out(row.id)
  if (out?.settled) return { outcome: 'settledBefore', status: out.settled }
  const frames = out?.frames ?? 0
  if (row.expiresAt !== null && row.expiresAt <= input.now())
    return frames === 0
      ? { outcome: 'fail', failure: FAILURES.expired }
      : { outcome: 'unknown', failure: FAILURES.expiredInFlight }
  if (frames >= frameLimit(row.retry)) return { outcome: 'unknown', failure: FAILURES.noAnswer }
  const jid = await recipientOf(context, row, input)
  if (typeof jid !== 'string') return frames === 0 ? { outcome: 'fail', ...jid } : { outcome: 'unknown', ...jid }
  const closed = row.to.kind === 'group' ? await refusalOfGroup(row, jid, input) : null
  if (closed) return { outcome: frames === 0 ? 'fail' : 'unknown', failure: closed }
  const content = await contentOf(context, row)
  const audience = await audienceOf(content, connection)
  if (audience?.length === 0) return { outcome: frames === 0 ? 'fail' : 'unknown', failure: FAILURES.nobodyToReach }
  const proto = await standingProto(context, input, jid, content)
  if (proto && 'failure' in proto) return { outcome: frames === 0 ? 'fail' : 'unknown', failure: proto.failure }
  if (proto && input.typesBefore && frames === 0 && row.chat.kind !== 'status' && input.isCurrent()) {
    const characters = (content.text as { body?: string } | undefined)?.body?.length ?? 0
    await typeBefore(context, connection, { id: row.id, type: row.type, jid, characters })
  }
  if (!proto || !input.isCurrent()) return { outcome: 'dropped' }
  // The record is in the log before relay encrypts: the gate holds the frame until both are durable.
  sessionLog.append([{ t: 'out', messageId: row.id, whatsappId: row.whatsappId, n: frames + 1 }])
  await connection.relay({ jid, whatsappId: row.whatsappId, proto, ...(audience ? { statusJids: audience } : {}) })
  return { outcome: 'relayed' }
}

const recipientOf = async (
  { log }: SessionContext,
  row: MessageRow,
  { connection, book, now }: Pick<Parameters<typeof sendMessage>[1], 'connection' | 'book' | 'now'>,
): Promise<string | { failure: Failure }> => {
  if (!row.to.phone) return row.to.jid ?? row.to.lid ?? { failure: FAILURES.invalidRecipient }
  const resolved = await connection.resolve(row.to.phone)
  if (!resolved.exists) return { failure: FAILURES.notOnWhatsApp }
  // Who it is may be learnt later; the message does not wait for it.
  book.identify({ phone: row.to.phone, lid: resolved.lid && bareJid(resolved.lid) }, now()).catch((error) => {
    log.warn({ error: String(error) }, 'a contact could not be remembered')
  })
  return resolved.jid
}

/** What WhatsApp would refuse, known before anything leaves. @throws what decides nothing: it is tried again */
const refusalOfGroup = async (
  row: MessageRow,
  jid: string,
  { connection, own }: Pick<Parameters<typeof sendMessage>[1], 'connection' | 'own'>,
): Promise<Failure | null> => {
  const group = await connection.readGroup(jid).catch((error: unknown) => {
    if (error instanceof WhatsAppError && error.code === 'server_refused') return null
    throw error
  })
  if (!group) return FAILURES.notGroupMember
  const self = group.members.find(
    ({ phoneJid, lid }) =>
      (own.phone !== null && phoneOfJid(phoneJid) === own.phone) || (own.lid !== null && lidOfJid(lid) === own.lid),
  )
  // An account whose LID is not known yet may stand in the list under it.
  if (!self) return own.phone !== null && own.lid !== null ? FAILURES.notGroupMember : null
  // Members react to announcements.
  return group.announcementsOnly && !self.isAdmin && row.type !== 'reaction' ? FAILURES.notGroupAdmin : null
}

const contentOf = async ({ services, scope }: SessionContext, row: MessageRow): Promise<RowContent> =>
  (await services.tenantKeys.open(scope, messageContentPlace(row.id), row.content)) as RowContent

/** Readers of a status that are on WhatsApp; null: it is no status. */
const audienceOf = async (content: RowContent, connection: WhatsAppConnection): Promise<string[] | null> => {
  const audience = content.audience as readonly Address[] | undefined
  if (!audience) return null
  const jids: string[] = []
  for (const { phone, lid, jid } of audience) {
    const resolved = phone ? await connection.resolve(phone) : null
    const reader = resolved ? (resolved.exists ? resolved.jid : null) : (lid ?? jid)
    if (reader) jids.push(reader)
  }
  return jids
}

/** The stored bytes, or new ones stored now; null when the row moved on. */
const standingProto = async (
  context: SessionContext,
  input: Parameters<typeof sendMessage>[1],
  jid: string,
  content: RowContent,
): Promise<Uint8Array | { failure: Failure } | null> => {
  const { services, scope } = context
  const { row, messages, sessionLog } = input
  const place = messageProtoPlace(row.id)
  if (row.proto) return services.tenantKeys.openRaw(scope, place, row.proto)
  const built = await buildContent(context, { ...input, jid, content })
  if ('failure' in built) return built
  const standing = await messages.storeProto(
    row.id,
    sessionLog.epoch,
    await services.tenantKeys.sealRaw(scope, place, built),
  )
  return standing && services.tenantKeys.openRaw(scope, place, standing)
}
