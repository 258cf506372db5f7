import * as z from 'zod'
import { encodeText } from '../phones/content.ts'
import { newWhatsappId, sendFromPhone } from '../phones/outgoing.ts'
import { queueReceipt } from '../phones/receipts.ts'
import { Problem } from '../problem.ts'
import { deviceById } from '../store/devices.ts'
import { listPhones } from '../store/phones.ts'
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
  phoneSchema,
  presentPhone,
  type Reply,
  type Route,
  requirePhone,
} from './route.ts'

const MAX_TEXT_LENGTH = 65_536

const sendBody = z.strictObject({
  to: phoneSchema,
  text: z.string().min(1).max(MAX_TEXT_LENGTH),
  id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .optional(),
  addressing: z.enum(['pn', 'lid']).optional(),
})
const readBody = z.strictObject({ whatsappId: z.string().min(1) })

async function send(call: Call): Promise<Reply> {
  const { to, text, id, addressing } = parseBody(sendBody, call)
  const from = phoneOrNew(call, phoneNumberOf(call))
  const recipient = requirePhone(call, to)
  if (!from.onWhatsApp || !recipient.onWhatsApp)
    throw new Problem(409, 'not_on_whatsapp', `+${from.onWhatsApp ? to : from.phone} is marked as not on WhatsApp.`)
  if (!from.online)
    throw new Problem(409, 'phone_offline', `The phone +${from.phone} is offline: it can send nothing now.`)
  const whatsappId = id ?? newWhatsappId()
  const message = {
    whatsappId,
    plaintext: encodeText(text),
    addressing: addressing ?? from.addressing,
    category: '' as const,
  }
  const devices = await sendFromPhone(call.world, from, recipient, message)
  return ok({ whatsappId, from: `+${from.phone}`, to: `+${to}`, text, devices }, 201)
}

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
  return ok({ data: rows.map(presentInboxRow) })
}

function presentInboxRow(row: InboxRow) {
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
    duplicate: row.duplicate === 1,
    read: row.read === 1,
    receivedAt: new Date(row.receivedAt).toISOString(),
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
    return sender ? queueReceipt(world, sender, whatsappId, row.chatJid, 'read') : () => {}
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
  { method: 'GET', path: '/control/contacts/:phone/inbox', handle: inbox },
  { method: 'GET', path: '/control/phones/:phone/inbox', handle: inbox },
  { method: 'POST', path: '/control/contacts/:phone/read', handle: read },
  { method: 'GET', path: '/control/contacts/:phone/receipts', handle: receipts },
]
