import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { attachmentOf } from '../phones/media.ts'
import { mediaRetryKey } from '../phones/media-crypto.ts'
import { type Device, deviceById } from '../store/devices.ts'
import { directPathOf, findMedia, insertMedia, mediaBytes, mediaIdOf, mediaTicket } from '../store/media.ts'
import { phoneById } from '../store/phones.ts'
import { decodeBinaryNode, encodeBinaryNode, proto, type Stanza } from '../wire/codec.ts'
import { phoneJid } from '../wire/jid.ts'
import { asBuffer, bytesOf, childOf, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import type { Answer } from './answer.ts'
import { queueForDevice } from './push.ts'

const TTL_SECONDS = 3600
const TAG_BYTES = 16

/** xmlns `w:m`: where to upload, and the ticket to show there. */
export function answerMediaQuery({ database, mediaHost }: World, device: Device): Answer {
  const attrs = { auth: mediaTicket(database, device.id), ttl: String(TTL_SECONDS), auth_ttl: String(TTL_SECONDS) }
  return { content: [element('media_conn', attrs, [element('host', { hostname: mediaHost })])] }
}

/** `<receipt type=server-error>`: a device could not download and asks the phone to upload again. Waits for an offline phone. */
export async function requestUpload(world: World, device: Device, receipt: Stanza): Promise<void> {
  const sql = 'INSERT INTO media_requests (phoneId, deviceId, receipt) VALUES (?, ?, ?)'
  world.database.run(sql, device.phoneId, device.id, encodeBinaryNode(receipt))
  await answerUploadRequests(world, device.phoneId)
}

type RequestRow = { seq: number; deviceId: number; receipt: Uint8Array }

/** The phone looks at what its devices asked for. Does nothing while it is offline. */
export async function answerUploadRequests(world: World, phoneId: number): Promise<void> {
  const { database } = world
  if (!phoneById(database, phoneId)?.online) return
  const rows = database.all<RequestRow>('SELECT * FROM media_requests WHERE phoneId = ? ORDER BY seq', phoneId)
  for (const { seq, deviceId, receipt } of rows) {
    const decoded = (await decodeBinaryNode(asBuffer(receipt))) as Stanza
    const send = database.transaction(() => {
      database.run('DELETE FROM media_requests WHERE seq = ?', seq)
      const device = deviceById(database, deviceId)
      return device?.status === 'active' ? answerRequest(world, device, decoded) : () => {}
    })
    send()
  }
}

function answerRequest(world: World, device: Device, receipt: Stanza): () => void {
  const id = receipt.attrs.id ?? ''
  const attrs = { from: phoneJid(device.phone), type: 'mediaretry', id, t: seconds() }
  const { NOT_FOUND, DECRYPTION_ERROR } = proto.MediaRetryNotification.ResultType
  const rmr = childOf(receipt, 'rmr') ?? element('rmr')
  const refuse = (code: number) =>
    queueForDevice(world, device.id, element('notification', attrs, [element('error', { code: String(code) }), rmr]))
  const attachment = findAttachment(world, device.phoneId, id)
  if (!attachment) return refuse(NOT_FOUND)
  const key = mediaRetryKey(attachment.mediaKey)
  if (!isGenuine(key, id, receipt)) return refuse(DECRYPTION_ERROR)
  const mediaId = mediaIdOf(attachment.directPath)
  const old = mediaId === undefined ? undefined : findMedia(world.database, mediaId)
  if (!old) return refuse(NOT_FOUND)
  const bytes = mediaBytes(world.database, old.id)!
  const directPath = directPathOf(insertMedia(world.database, { ...old, bytes }))
  const { SUCCESS } = proto.MediaRetryNotification.ResultType
  const notification = proto.MediaRetryNotification.encode({ stanzaId: id, directPath, result: SUCCESS }).finish()
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(id))
  const sealed = Buffer.concat([cipher.update(notification), cipher.final(), cipher.getAuthTag()])
  const encrypted = element('encrypt', {}, [element('enc_p', {}, sealed), element('enc_iv', {}, iv)])
  return queueForDevice(world, device.id, element('notification', attrs, [encrypted, rmr]))
}

/** What the phone itself knows of this message: it got every copy, or wrote it. */
function findAttachment({ database }: World, phoneId: number, whatsappId: string) {
  const sql = `SELECT plaintext FROM inbox WHERE phoneId = ?1 AND whatsappId = ?2
    UNION ALL SELECT plaintext FROM sent WHERE phoneId = ?1 AND whatsappId = ?2`
  const rows = database.all<{ plaintext: Uint8Array }>(sql, phoneId, whatsappId)
  return rows.flatMap(({ plaintext }) => attachmentOf(plaintext) ?? [])[0]
}

function isGenuine(key: Buffer, id: string, receipt: Stanza): boolean {
  const encrypt = childOf(receipt, 'encrypt')
  const [sealed, iv] = [bytesOf(encrypt, 'enc_p'), bytesOf(encrypt, 'enc_iv')]
  if (!sealed || !iv) return false
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(id))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    const plain = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
    return proto.ServerErrorReceipt.decode(plain).stanzaId === id
  } catch {
    // Sealed with another key: the device does not have the message it speaks of.
    return false
  }
}
