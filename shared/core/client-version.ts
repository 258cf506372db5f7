import { Fault } from './fault.ts'

/** Sessions that heard 405 for one version within five minutes; more than this many open its breaker (baileys-facts §1.1). */
const SESSIONS = 3
const WINDOW_MS = 5 * 60_000
/** while the breaker is open, one session of the fleet tries in this time */
export const HOLD_MS = 5 * 60_000
const VERSIONS_KEPT = 4

/** What the fleet heard about one version. */
export interface VersionRefusals {
  readonly version: string
  readonly sessions: readonly { readonly sessionId: string; readonly at: number }[]
  /** null: refusals are being counted, nobody is held. Otherwise nobody connects before then, and only one at that time. */
  readonly heldUntil: number | null
}

/** The WhatsApp Web version that the workers of a mode announce, and which versions WhatsApp refuses. */
export interface ClientVersion {
  /** null: nobody chose one, each worker announces what it brings */
  readonly version: string | null
  readonly refused: readonly VersionRefusals[]
}

export const NO_CLIENT_VERSION: ClientVersion = { version: null, refused: [] }

const refusalsOf = (row: ClientVersion, version: string): VersionRefusals | null =>
  row.refused.find((entry) => entry.version === version) ?? null

const withRefusals = (row: ClientVersion, entry: VersionRefusals): ClientVersion => ({
  ...row,
  refused: [entry, ...row.refused.filter(({ version }) => version !== entry.version)].slice(0, VERSIONS_KEPT),
})

export const isHeld = (row: ClientVersion, version: string): boolean =>
  (refusalsOf(row, version)?.heldUntil ?? null) !== null

/**
 * WhatsApp refused the version (405). It does so for everybody, so more attempts only draw attention: once more than
 * three sessions of the fleet heard it within five minutes, the breaker of this version is open.
 */
export const afterRefusal = (
  row: ClientVersion,
  { version, sessionId, now }: { version: string; sessionId: string; now: number },
): ClientVersion => {
  const before = refusalsOf(row, version)
  const sessions = [
    { sessionId, at: now },
    ...(before?.sessions ?? []).filter(
      (other) => other.sessionId !== sessionId && Math.abs(now - other.at) < WINDOW_MS,
    ),
  ].slice(0, SESSIONS + 1)
  const isOpen = (before?.heldUntil ?? null) !== null || sessions.length > SESSIONS
  return withRefusals(row, { version, sessions, heldUntil: isOpen ? now + HOLD_MS : null })
}

/** A login with this version was accepted: whatever was heard of it before is over. */
export const afterAcceptance = (row: ClientVersion, version: string): ClientVersion =>
  refusalsOf(row, version) ? { ...row, refused: row.refused.filter((entry) => entry.version !== version) } : row

export type ConnectTurn =
  | { readonly answer: 'go' }
  /** go, if `row` could be stored in the place of the one that was asked: of two that ask at once only one may */
  | { readonly answer: 'probe'; readonly row: ClientVersion }
  | { readonly answer: 'wait'; readonly ms: number }

/**
 * May a session connect with this version now? A moment that lies further ahead than any hold is another clock's error,
 * and must not hold the fleet for longer than a hold.
 */
export const askToConnect = (row: ClientVersion, version: string, now: number): ConnectTurn => {
  const entry = refusalsOf(row, version)
  if (!entry || entry.heldUntil === null) return { answer: 'go' }
  const ms = entry.heldUntil - now
  if (ms > 0 && ms <= HOLD_MS) return { answer: 'wait', ms }
  return { answer: 'probe', row: withRefusals(row, { ...entry, heldUntil: now + HOLD_MS }) }
}

/** An operator's choice. Refusals of a version that is chosen again are forgotten: somebody wants to know. */
export const withVersion = (row: ClientVersion, version: string | null): ClientVersion => ({
  ...(version === null ? row : afterAcceptance(row, version)),
  version,
})

/** What the pinned Baileys announces; the yardstick for what somebody types. A test compares it with the library. */
export const BUNDLED_VERSION = '2.3000.1043857760'
/** The last part counts builds: a slip of the finger is a factor of ten, years of releases are less than this. */
const PLAUSIBLE_DISTANCE = 200_000_000

export type VersionParts = readonly [number, number, number]

/** "2.3000.1043857760" → [2, 3000, 1043857760]; null: not of this form. */
export const parseVersion = (text: string): VersionParts | null => {
  const match = /^(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,9})$/.exec(text)
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : null
}

/** @throws Fault validation_failed when no worker should announce it */
export const requirePlausibleVersion = (text: string): VersionParts => {
  const refuse = (detail: string): never => {
    throw new Fault('validation_failed', { detail, param: 'version', errors: [{ path: 'version', message: detail }] })
  }
  const parts = parseVersion(text)
  const bundled = parseVersion(BUNDLED_VERSION) as VersionParts
  if (!parts) return refuse(`A version looks like ${BUNDLED_VERSION}; it is on web.whatsapp.com under Help.`)
  if (parts[0] !== bundled[0] || parts[1] !== bundled[1])
    return refuse(
      `Versions of this client begin with ${bundled[0]}.${bundled[1]}: another one speaks another protocol.`,
    )
  if (Math.abs(parts[2] - bundled[2]) > PLAUSIBLE_DISTANCE)
    return refuse(`The last part is too far from ${bundled[2]} to be a build of WhatsApp Web: is a digit missing?`)
  return parts
}
