import { type AuthenticationCreds, initAuthCreds, jidDecode, jidNormalizedUser } from '@whiskeysockets/baileys'
import type { SessionLog } from '../auth-log/session-log.ts'
import { decodeBytes, encodeBytes } from './json-bytes.ts'
import { isAbortedPairing } from './repairs/aborted-pairing-code.ts'

export { isLinked } from './repairs/aborted-pairing-code.ts'

export const appendCredentials = (log: SessionLog, creds: AuthenticationCreds): void => {
  log.append([{ t: 'creds', creds: encodeBytes(creds) }])
}

/**
 * The session's credentials; fresh ones are appended at once, so that they are durable before the first frame and so
 * before any QR. Credentials of an aborted pairing code are thrown away.
 */
export const loadCredentials = (log: SessionLog): AuthenticationCreds => {
  const stored = log.state.creds
  if (stored !== null && stored !== undefined) {
    const creds = decodeBytes(stored) as AuthenticationCreds
    if (!isAbortedPairing(creds)) return creds
  }
  const fresh = initAuthCreds()
  appendCredentials(log, fresh)
  return fresh
}

/** Who the linked account is: phone in E.164, LID without a device. */
export const ownIdentity = ({ me }: Pick<AuthenticationCreds, 'me'>) => ({
  phone: `+${jidDecode(me?.id)?.user ?? ''}`,
  lid: me?.lid ? jidNormalizedUser(me.lid) : null,
  pushName: me?.name || null,
})

/** User parts of our own phone number and LID. */
export const ownUsers = ({ me }: Pick<AuthenticationCreds, 'me'>): ReadonlySet<string> =>
  new Set([jidDecode(me?.id)?.user, jidDecode(me?.lid)?.user].filter((user) => user !== undefined))
