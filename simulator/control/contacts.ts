import * as z from 'zod'
import { contentJson } from '../phones/content.ts'
import { attachmentOf, openAttachment } from '../phones/media.ts'
import { voteOf } from '../phones/poll-votes.ts'
import { queueReceipt } from '../phones/receipts.ts'
import { Problem } from '../problem.ts'
import { deviceById } from '../store/devices.ts'
import { mediaIdOf } from '../store/media.ts'
import { findPhone, listPhones, type Phone } from '../store/phones.ts'
import { listReceipts } from '../store/receipts.ts'
import { createPhone } from './phones.ts'
import {
  type Call,
  integerOf,
  ok,
  parseBody,
  phoneNumberOf,
  phoneOf,
  phoneOrNew,
  presentPhone,
  type Reply,
  type Route,
} from './route.ts'
import { send, sendMany } from './send.ts'

const readBody = z.strictObject({ whatsappId: z.string().min(1) })

type InboxRow = {
  seq: number
  whatsappId: string
  fromPhone: string
  fromDevice: number
  chatJid: string
  ownCopy: number
  text: string | null
  type: string
  frame: number | null
  rawSize: number
  plaintext: Uint8Array
  plaintextSha256: string
  duplicate: number
  read: number
  receivedAt: number
}

/** What a phone has decrypted, oldest first, every copy of it. */
function inbox(call: Call): Reply {
  // A test that waits for the first message polls before that message has made the contact exist: an empty inbox, not a 404.
  const phone = phoneOrNew(call, phoneNumberOf(call))
  const since = integerOf(call, 'since', 0, 0, Number.MAX_SAFE_INTEGER)
  const limit = integerOf(call, 'limit', 10_000, 1, 100_000)
  const whatsappId = call.query.get('whatsappId')
  const sql = 'SELECT * FROM inbox WHERE phoneId = ? AND seq > ? AND (? IS NULL OR whatsappId = ?) ORDER BY seq LIMIT ?'
  const rows = call.world.database.all<InboxRow>(sql, phone.id, since, whatsappId, whatsappId, limit)
  return ok({ data: rows.map((row) => presentInboxRow(call, phone, row)) })
}

function presentInboxRow({ world }: Call, phone: Phone, row: InboxRow) {
  const attachment = attachmentOf(row.plaintext)
  const author = findPhone(world.database, phone.namespace, row.fromPhone)
  const vote = author && voteOf(world, phone, author, row.plaintext)
  const { seq, whatsappId, text, type, frame, rawSize, plaintextSha256 } = row
  return {
    seq,
    whatsappId,
    from: `+${row.fromPhone}`,
    device: row.fromDevice,
    chat: row.chatJid,
    ownCopy: row.ownCopy === 1,
    text,
    type,
    frame,
    rawSize,
    plaintextSha256,
    plaintextHex: Buffer.from(row.plaintext).toString('hex'),
    content: contentJson(row.plaintext),
    media: attachment
      ? {
          kind: attachment.kind,
          mimetype: attachment.mimetype,
          fileLength: attachment.fileLength,
          fileSha256: attachment.fileSha256.toString('hex'),
          mediaId: mediaIdOf(attachment.directPath) ?? null,
        }
      : null,
    vote: vote ?? null,
    duplicate: row.duplicate === 1,
    read: row.read === 1,
    receivedAt: new Date(row.receivedAt).toISOString(),
  }
}

/** The file of a message as the phone opens it: fetched, MAC and hash checked, decrypted. */
function download(call: Call): Reply {
  const phone = phoneOf(call)
  const sql = 'SELECT plaintext FROM inbox WHERE phoneId = ? AND whatsappId = ? ORDER BY seq LIMIT 1'
  const row = call.world.database.get<{ plaintext: Uint8Array }>(sql, phone.id, call.params.id ?? '')
  const attachment = row && attachmentOf(row.plaintext)
  if (!attachment)
    throw new Problem(404, 'unknown_message', `+${phone.phone} has no message ${call.params.id} with a file.`)
  try {
    return { status: 200, body: openAttachment(call.world, attachment) }
  } catch (error) {
    throw new Problem(409, 'media_unreadable', `The contact cannot open the file: ${(error as Error).message}.`)
  }
}

type ReadRow = { senderDeviceId: number | null; chatJid: string }

function read(call: Call): Reply {
  const { whatsappId } = parseBody(readBody, call)
  const { world } = call
  const phone = phoneOf(call)
  const sql =
    'SELECT senderDeviceId, chatJid FROM inbox WHERE phoneId = ? AND whatsappId = ? AND ownCopy = 0 ORDER BY seq LIMIT 1'
  const row = world.database.get<ReadRow>(sql, phone.id, whatsappId)
  if (!row) throw new Problem(404, 'unknown_message', `+${phone.phone} has received no message ${whatsappId}.`)
  const sender = row.senderDeviceId === null ? undefined : deviceById(world.database, row.senderDeviceId)
  const notify = world.database.transaction(() => {
    world.database.run('UPDATE inbox SET read = 1 WHERE phoneId = ? AND whatsappId = ?', phone.id, whatsappId)
    return sender ? queueReceipt(world, phone, sender, whatsappId, row.chatJid, 'read') : () => {}
  })
  notify()
  return ok({ whatsappId, read: true })
}

/** What the contact learnt of the messages it sent: who received, read or could not decrypt them. */
function receipts(call: Call): Reply {
  const phone = phoneOrNew(call, phoneNumberOf(call))
  const rows = listReceipts(call.world.database, phone.id, call.query.get('whatsappId'))
  const data = rows.map(({ seq, whatsappId, fromPhone, fromDevice, chatJid, type, at }) => ({
    seq,
    whatsappId,
    from: `+${fromPhone}`,
    device: fromDevice,
    chat: chatJid,
    type,
    at: new Date(at).toISOString(),
  }))
  return ok({ data })
}

export const contactRoutes: Route[] = [
  { method: 'POST', path: '/control/contacts', handle: createPhone },
  {
    method: 'GET',
    path: '/control/contacts',
    handle: ({ world, namespace }) => ok({ data: listPhones(world.database, namespace).map(presentPhone) }),
  },
  { method: 'GET', path: '/control/contacts/:phone', handle: (call) => ok(presentPhone(phoneOf(call))) },
  { method: 'POST', path: '/control/contacts/:phone/send', handle: send },
  { method: 'POST', path: '/control/contacts/:phone/send-many', handle: sendMany },
  { method: 'GET', path: '/control/contacts/:phone/inbox', handle: inbox },
  { method: 'GET', path: '/control/phones/:phone/inbox', handle: inbox },
  { method: 'GET', path: '/control/contacts/:phone/inbox/:id/media', handle: download },
  { method: 'GET', path: '/control/phones/:phone/inbox/:id/media', handle: download },
  { method: 'POST', path: '/control/contacts/:phone/read', handle: read },
  { method: 'GET', path: '/control/contacts/:phone/receipts', handle: receipts },
]
