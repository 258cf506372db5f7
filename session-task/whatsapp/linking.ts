import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { ConnectionEvents } from './connection.ts'
import { WhatsAppError } from './errors.ts'
import { rotateSecretOnRefresh, withCurrentSecret } from './repairs/companion-reg-refresh.ts'

/** The server gives six refs: the first lives 60 s, the others 20 s each (baileys-facts §1.3). */
const FIRST_QR_MS = 60_000
const LATER_QR_MS = 20_000
const ALL_QR_MS = FIRST_QR_MS + 5 * LATER_QR_MS
const ANSWER_TIMEOUT_MS = 20_000

type LinkEvents = Pick<ConnectionEvents, 'onQr' | 'onPairingCode'>

/** Publishes QR texts as they rotate. @returns a promise of the first one, in epoch milliseconds of its showing */
export const publishQr = (
  socket: Pick<WASocket, 'ws' | 'ev' | 'authState'>,
  onQr: LinkEvents['onQr'],
  now: () => number,
): Promise<number> => {
  const { promise: firstShownAt, resolve } = Promise.withResolvers<number>()
  let latest: { text: string; expiresAt: number; attempt: number } | null = null
  socket.ev.on('connection.update', ({ qr }) => {
    if (!qr) return
    const shownAt = now()
    const attempt = (latest?.attempt ?? 0) + 1
    const text = withCurrentSecret(qr, socket.authState.creds.advSecretKey)
    latest = { text, expiresAt: shownAt + (attempt === 1 ? FIRST_QR_MS : LATER_QR_MS), attempt }
    resolve(shownAt)
    onQr(latest)
  })
  rotateSecretOnRefresh(socket, () => {
    if (!latest) return
    latest = { ...latest, text: withCurrentSecret(latest.text, socket.authState.creds.advSecretKey) }
    onQr(latest)
  })
  return firstShownAt
}

/**
 * Asks for a pairing code and waits for the server's word: the library invents the code and reports it even when the
 * server said 400 (baileys-facts §1.4).
 * @throws WhatsAppError invalid_phone, pairing_code_refused, timed_out
 */
export const requestPairingCode = async (
  socket: Pick<WASocket, 'requestPairingCode' | 'generateMessageTag' | 'waitForMessage'>,
  phone: string,
  firstQrAt: number,
): Promise<{ code: string; expiresAt: number }> => {
  const digits = phoneDigits(phone)
  // tags are prefix + counter; the request takes the next one and tells nobody
  const tag = socket.generateMessageTag()
  const counter = /\d+$/.exec(tag)?.[0] ?? ''
  const nextTag = `${tag.slice(0, tag.length - counter.length)}${Number(counter) + 1}`
  const [answer, code] = await Promise.all([
    socket.waitForMessage<BinaryNode>(nextTag, ANSWER_TIMEOUT_MS),
    socket.requestPairingCode(digits),
  ])
  if (!answer) throw new WhatsAppError('timed_out', 'WhatsApp did not answer the request for a pairing code')
  if (answer.attrs.type === 'error') {
    const error = Array.isArray(answer.content) ? answer.content.find(({ tag }) => tag === 'error') : undefined
    const waCode = Number(error?.attrs.code) || null
    throw new WhatsAppError(
      'pairing_code_refused',
      `WhatsApp refused the pairing code (${waCode ?? 'no code'})`,
      waCode,
    )
  }
  return { code, expiresAt: firstQrAt + ALL_QR_MS }
}

/** Digits of an E.164 number. @throws WhatsAppError invalid_phone */
export const phoneDigits = (phone: string): string => {
  const digits = phone.replace(/^\+/, '')
  if (!/^[1-9]\d{6,14}$/.test(digits)) throw new WhatsAppError('invalid_phone', 'the phone number is not in E.164 form')
  return digits
}
