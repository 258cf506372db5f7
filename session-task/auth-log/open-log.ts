import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import type { LogFault } from '../../shared/core/log-fault.ts'
import type { Log } from '../../shared/log/log.ts'
import { encodeAppend } from './append-text.ts'
import { claimHead } from './claim-head.ts'
import { type Clock, systemClock } from './clock.ts'
import { commitSegment } from './commit-segment.ts'
import { CorruptLogError } from './envelope.ts'
import { fold } from './fold.ts'
import { type Head, isTombstone, parseHead, type Tombstone } from './head.ts'
import { HeadKeeper } from './head-keeper.ts'
import { DEFAULT_LIMITS, type LogContext, type LogLimits, retryStorage } from './log-context.ts'
import type { LogDevice } from './log-device.ts'
import { OwnedLog } from './owned-log.ts'
import { PauseDetector } from './pause-detector.ts'
import type { FenceRecord } from './records.ts'
import { applySegment, NewerOwnerError, type RestoredLog, restoreLog } from './restore-log.ts'
import { SessionKeyRing, type SessionKeyWrap } from './session-keys.ts'
import type { SessionLog } from './session-log.ts'

export interface OpenInput {
  readonly device: LogDevice
  readonly sessionKeyWrap: SessionKeyWrap
  readonly sessionId: string
  /** the lease's epoch; each open needs one that no earlier open had */
  readonly epoch: number
  readonly claimant: { readonly workerId: string; readonly incarnation: string }
  /** META says the session is linked: a missing log is lost state, never a new session */
  readonly expectLinked: boolean
  readonly log: Log
  /** the process's detector; without one the log makes its own */
  readonly pauseDetector?: PauseDetector
  readonly clock?: Clock
  readonly random?: (bytes: number) => Uint8Array
  readonly limits?: Partial<LogLimits>
  /** tests that move time by hand compress in the same turn: a thread pool knows nothing of their clock */
  readonly compress?: (body: Buffer) => Promise<Buffer>
}

const compressInThreadPool: LogContext['compress'] = promisify(zstdCompress)

export type OpenRefusal = 'newerOwner' | 'stateLost' | 'tombstone'

export type OpenResult =
  | { readonly ok: true; readonly log: SessionLog }
  | {
      readonly ok: false
      readonly reason: OpenRefusal
      /** what is wrong with a log that is `stateLost`; null for the other reasons */
      readonly fault: LogFault | null
      readonly headEpoch: number
      readonly detail: string
    }

/**
 * Takes the log over in the order of protocol §3: claim HEAD → read snapshot and slots → fence → HEAD again. The first
 * open of a session is the same with nothing to read.
 * @throws StorageAwayError when S3 does not answer; whatever sessionKeyWrap throws
 */
export const openSessionLog = async (input: OpenInput): Promise<OpenResult> => {
  const over = new AbortController()
  const clock = input.clock ?? systemClock
  const random = input.random ?? randomBytes
  const pauses = input.pauseDetector ?? new PauseDetector(clock)
  const context: LogContext = {
    device: input.device,
    sessionId: input.sessionId,
    epoch: input.epoch,
    openId: Buffer.from(random(16)).toString('hex'),
    key: random(32),
    clock,
    random,
    pauses,
    compress: input.compress ?? compressInThreadPool,
    limits: { ...DEFAULT_LIMITS, ...input.limits },
    log: input.log,
    over: over.signal,
  }
  const release = () => {
    over.abort()
    if (!input.pauseDetector) pauses.stop()
  }
  const refuse = (
    reason: OpenRefusal,
    headEpoch: number,
    detail: string,
    fault: LogFault | null = null,
  ): OpenResult => {
    release()
    return { ok: false, reason, fault, headEpoch, detail }
  }
  let headEpoch = 0
  try {
    const wrappedKey = await input.sessionKeyWrap.wrap(context.key)
    const claim = await claimHead(context, input.claimant, wrappedKey, input.expectLinked)
    if (!claim.ok) {
      const fault = claim.reason === 'stateLost' ? 'missing_head' : null
      return refuse(claim.reason, claim.headEpoch, `HEAD: ${claim.reason}`, fault)
    }
    headEpoch = claim.head.epoch
    const keys = new SessionKeyRing(input.sessionKeyWrap, claim.head.wrappedKeys)
    const restored = await restoreLog(context, claim.head, keys)
    assertNothingLost(restored, claim.head, input.expectLinked)
    await writeFence(context, restored, keys)
    const head = new HeadKeeper(context, claim.head, claim.tag)
    if (!(await head.write({ ...claim.head, tailSeq: restored.tail }))) {
      const now = await readHead(context)
      return refuse(now && isTombstone(now) ? 'tombstone' : 'newerOwner', now?.epoch ?? 0, 'HEAD was taken meanwhile')
    }
    return { ok: true, log: new OwnedLog(context, { fold: restored.state, head, tail: restored.tail, release }) }
  } catch (error) {
    if (error instanceof NewerOwnerError) return refuse('newerOwner', error.headEpoch, error.message)
    if (error instanceof CorruptLogError) return refuse('stateLost', headEpoch, error.message, error.fault)
    release()
    throw error
  }
}

const assertNothingLost = ({ state }: RestoredLog, head: Head, expectLinked: boolean): void => {
  if (head.nextSequence > state.nextSequence)
    throw new CorruptLogError(
      'sequence_behind',
      `HEAD knew sequence ${head.nextSequence}, the log ends before ${state.nextSequence}`,
    )
  if (expectLinked && state.creds === null)
    throw new CorruptLogError('missing_credentials', 'the session is linked, the log has no credentials')
}

/** The first slot that is ours ends every earlier owner: his next put meets it. */
const writeFence = async (context: LogContext, restored: RestoredLog, keys: SessionKeyRing): Promise<void> => {
  const record: FenceRecord = { t: 'fence', epoch: context.epoch }
  const at = Math.max(context.clock.now(), restored.state.now)
  const fence = await commitSegment(context, restored.tail + 1, [encodeAppend(at, [record])], (slot, bytes) =>
    applySegment(context, restored, slot, bytes, keys),
  )
  if (!fence.ok) throw new NewerOwnerError(fence.headEpoch)
  fold(restored.state, record, at)
  restored.tail = fence.sequence
  restored.epoch = context.epoch
}

const readHead = async (context: LogContext): Promise<Head | Tombstone | null> => {
  const found = await retryStorage(context, 'getHead', () => context.device.getHead())
  return found && parseHead(found.bytes)
}
