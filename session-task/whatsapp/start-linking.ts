import type { WASocket } from '@whiskeysockets/baileys'
import type { ConnectionOptions, WhatsAppConnection } from './connection.ts'
import { appendCredentials } from './credentials.ts'
import { DISCONNECT_MESSAGES, DisconnectError } from './disconnect.ts'
import { WhatsAppError } from './errors.ts'
import { errorName } from './library-log.ts'
import { publishQr, requestPairingCode } from './linking.ts'
import { forgetPairingCode } from './repairs/aborted-pairing-code.ts'

const BAD_REQUEST = 400

/**
 * Shows QRs, or asks for a pairing code as soon as the server is ready for one. A refused code ends the connection,
 * unless the caller asked for it.
 */
export const startLinking = (
  { link, events, log, logger }: ConnectionOptions,
  socket: WASocket,
): Pick<WhatsAppConnection, 'requestPairingCode'> => {
  const firstQrAt = publishQr(socket, (qr) => (link?.method === 'qr' ? events.onQr(qr) : undefined), Date.now)

  const request = async (phone: string): Promise<void> => {
    try {
      events.onPairingCode(await requestPairingCode(socket, phone, await firstQrAt))
    } catch (error) {
      forgetPairingCode(socket.authState.creds)
      appendCredentials(log, socket.authState.creds)
      throw error
    }
  }

  if (link?.method === 'code') {
    request(link.phone).catch((error: unknown) => {
      const cause = error instanceof WhatsAppError ? { reason: error.code, waCode: error.waCode } : undefined
      logger.warn({ cause: errorName(error) }, 'no pairing code')
      void socket.end(new DisconnectError(BAD_REQUEST, DISCONNECT_MESSAGES.pairingCodeRefused, cause))
    })
  }
  return { requestPairingCode: request }
}
