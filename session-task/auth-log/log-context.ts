import { fullJitterMs } from '../../shared/core/backoff.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Clock } from './clock.ts'
import type { LogDevice } from './log-device.ts'
import type { PauseDetector } from './pause-detector.ts'

/** Limits of one log; tests lower them. */
export interface LogLimits {
  /** how long S3 may be away before the log is lost */
  readonly storageTimeoutMs: number
  readonly snapshotCommits: number
  readonly snapshotBytes: number
  readonly snapshotAgeMs: number
  /** how long covered segments and snapshots stay */
  readonly cleanupAgeMs: number
}

export const DEFAULT_LIMITS: LogLimits = {
  storageTimeoutMs: 30_000,
  snapshotCommits: 256,
  snapshotBytes: 2 * 1024 * 1024,
  snapshotAgeMs: 6 * 3_600_000,
  cleanupAgeMs: 48 * 3_600_000,
}

/** What every part of one open log shares. */
export interface LogContext {
  readonly device: LogDevice
  readonly sessionId: string
  readonly epoch: number
  readonly openId: string
  /** data key of this open */
  readonly key: Uint8Array
  readonly clock: Clock
  /** bytes of cryptographic quality */
  readonly random: (bytes: number) => Uint8Array
  readonly pauses: PauseDetector
  /** zstd of a snapshot, off the thread that serves the sockets */
  readonly compress: (body: Buffer) => Promise<Buffer>
  readonly limits: LogLimits
  readonly log: Log
  /** aborted when the log is over: nobody waits for a retry any more */
  readonly over: AbortSignal
}

/** S3 did not answer for longer than the limit. */
export class StorageAwayError extends Error {
  override readonly name = 'StorageAwayError'
}

const RETRY_BASE_MS = 200
const RETRY_CAP_MS = 4_000

/**
 * Repeats a device call that throws. The call must be safe to repeat after it had its effect: conditional, and with the
 * same bytes each time.
 * @throws StorageAwayError after `storageTimeoutMs` of failures, or at once when the log is over
 */
export const retryStorage = async <Result>(
  context: Pick<LogContext, 'clock' | 'random' | 'limits' | 'log' | 'over' | 'sessionId'>,
  operation: string,
  call: () => Promise<Result>,
): Promise<Result> => {
  const since = context.clock.monotonic()
  for (let attempt = 0; ; attempt++) {
    // Whoever gave the log up must not write a moment later, when a retry wakes up.
    if (context.over.aborted) throw new StorageAwayError(`${operation} was given up: the log is over`)
    try {
      return await call()
    } catch (cause) {
      const awayMs = context.clock.monotonic() - since
      if (context.over.aborted || awayMs >= context.limits.storageTimeoutMs)
        throw new StorageAwayError(`${operation} failed for ${Math.round(awayMs)} ms`, { cause })
      context.log.warn(
        { sessionId: context.sessionId, operation, attempt, error: String(cause) },
        'log storage call failed, trying again with the same bytes',
      )
      // At least half of the delay: a full-jitter 0 would only hammer a service that is away.
      const delayMs = fullJitterMs(attempt, RETRY_BASE_MS, RETRY_CAP_MS, 0.5 + (context.random(1)[0] ?? 0) / 512)
      await context.clock.sleep(delayMs)
    }
  }
}
