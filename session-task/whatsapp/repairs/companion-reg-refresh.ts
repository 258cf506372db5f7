import { randomBytes } from 'node:crypto'
import type { WASocket } from '@whiskeysockets/baileys'

const SECRET_FIELD = 3

/** `https://…#ref,noise,identity,secret,platform` with the secret that is valid now: the library captures it once. */
export const withCurrentSecret = (qr: string, advSecretKey: string): string =>
  qr
    .split(',')
    .map((field, index) => (index === SECRET_FIELD ? advSecretKey : field))
    .join(',')

/**
 * Symptom: no device can be linked by QR since 2026-07-28. After the scan the server asks for a new ADV secret and
 * expects the present ref to be shown again with it; rc14 only acks (baileys-facts 0.1;
 * https://github.com/WhiskeySockets/Baileys/issues/2737).
 * @param onRotated called after the new secret was journaled
 */
export const rotateSecretOnRefresh = (
  socket: Pick<WASocket, 'ws' | 'ev' | 'authState'>,
  onRotated: () => void,
): void => {
  socket.ws.on('CB:notification,type:companion_reg_refresh', () => {
    const advSecretKey = randomBytes(32).toString('base64')
    socket.authState.creds.advSecretKey = advSecretKey
    socket.ev.emit('creds.update', { advSecretKey })
    onRotated()
  })
}
