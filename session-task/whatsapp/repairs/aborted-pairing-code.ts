import type { AuthenticationCreds } from '@whiskeysockets/baileys'

/**
 * Symptom: after a pairing code that nobody entered, every further attempt to link ends with 401. The library writes
 * `me` before the server registered anything, and with `me` it logs in instead of registering (baileys-facts §1.4;
 * https://github.com/WhiskeySockets/Baileys/pull/2559 wants to write it later).
 */

/** `account` comes with pair-success only; `me` alone is also written by a pairing code that nobody entered. */
export const isLinked = (creds: Pick<AuthenticationCreds, 'me' | 'account'>): boolean =>
  creds.me !== undefined && creds.account !== undefined && creds.account !== null

/** Credentials that would log in with a device that WhatsApp does not know. */
export const isAbortedPairing = (creds: Pick<AuthenticationCreds, 'me' | 'account'>): boolean =>
  creds.me !== undefined && !isLinked(creds)

/** Takes back what the library wrote for a code that was refused. Changes the object: the library holds it too. */
export const forgetPairingCode = (creds: AuthenticationCreds): void => {
  if (!isAbortedPairing(creds)) return
  delete creds.me
  creds.pairingCode = undefined
}
