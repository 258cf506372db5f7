import { type AuthenticationCreds, initAuthCreds, jidDecode, jidNormalizedUser } from '@whiskeysockets/baileys'
import type { SessionLog } from '../auth-log/session-log.ts'
import { decodeBytes, encodeBytes } from './json-bytes.ts'

/** `account` comes with pair-success only; `me` alone is also written by a pairing code that nobody entered. */
export const isLinked = (creds: Pick<AuthenticationCreds, 'me' | 'account'>): boolean =>
  creds.me !== undefined && creds.account !== undefined && creds.account !== null

export const appendCredentials = (log: SessionLog, creds: AuthenticationCreds): void => {
  log.append([{ t: 'creds', creds: encodeBytes(creds) }])
}

/**
 * The session's credentials; fresh ones are appended at once, so that they are durable before the first frame and so
 * before any QR. Credentials of an aborted pairing code are thrown away: with them the library would log in instead
 * of registering and get a 401 (baileys-facts §1.4).
 */
export const loadCredentials = (log: SessionLog): AuthenticationCreds => {
  const stored = log.state.creds
  if (stored !== null && stored !== undefined) {
    const creds = decodeBytes(stored) as AuthenticationCreds
    if (isLinked(creds) || creds.me === undefined) return creds
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
