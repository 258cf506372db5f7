import { sessionProxyPlace } from '../../shared/store/places.ts'
import type { Sealed } from '../../shared/store/rows/fields.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { Egress } from '../whatsapp/egress.ts'
import type { SessionContext } from './session-context.ts'

/** What an attempt to connect finds out before it may: its turn, who owns the session, the version, the way out. */
export type ConnectClearance =
  | { readonly answer: 'stopped' }
  /** the lease or HEAD names somebody else, or cannot be read */
  | { readonly answer: 'notOurs' }
  /** WhatsApp refuses our version: not before this long from now */
  | { readonly answer: 'held'; readonly heldMs: number }
  /** `ownProxy`: as it was when the way was chosen; another one by now is another way */
  | { readonly answer: 'go'; readonly egress: Egress | null; readonly ownProxy: Sealed | null }

interface Asking {
  readonly context: SessionContext
  readonly sessionLog: SessionLog
  /** lease and HEAD are read: another socket has our credentials */
  readonly verifiesOwnership: boolean
  readonly isReconnect: boolean
  isOurs(): Promise<boolean>
  ownProxy(): Sealed | null
  isStopped(): boolean
}

/**
 * Asked right before the attempt: while it waited, somebody else may have become the owner.
 * @throws when the proxy cannot be read: then there is no way out, not another one. LogLostError: the log is not ours
 */
export const clearToConnect = async (asking: Asking): Promise<ConnectClearance> => {
  const { context, sessionLog, verifiesOwnership, isReconnect } = asking
  const { connectTurn, clientVersion } = context.services
  if (verifiesOwnership && !(await verify(asking))) return { answer: 'notOurs' }
  await connectTurn()
  if (asking.isStopped()) return { answer: 'stopped' }
  const heldMs = await clientVersion.holdMs()
  if (asking.isStopped()) return { answer: 'stopped' }
  const ownProxy = asking.ownProxy()
  const egress = await egressBy(context, ownProxy)
  if (asking.isStopped()) return { answer: 'stopped' }
  // The next owner may be connected without our knowing: our login would end his connection, and 440 keeps him away
  // for half a minute and more.
  if (isReconnect && !verifiesOwnership) await sessionLog.confirmOwner()
  if (asking.isStopped()) return { answer: 'stopped' }
  return heldMs > 0 ? { answer: 'held', heldMs } : { answer: 'go', egress, ownProxy }
}

const egressBy = async ({ services, scope, sessionId }: SessionContext, ownProxy: Sealed | null) => {
  const { egresses, tenantKeys } = services
  if (ownProxy === null) return egresses?.of(sessionId) ?? null
  if (!egresses) throw new Error('this worker has no ways out, but the session has a proxy')
  return egresses.own(String(await tenantKeys.open(scope, sessionProxyPlace(sessionId), ownProxy)))
}

const verify = async ({ context, isOurs }: Asking): Promise<boolean> => {
  try {
    return await isOurs()
  } catch (error) {
    context.log.warn({ error: String(error) }, 'ownership cannot be verified')
    return false
  }
}
