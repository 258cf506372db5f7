import { randomBytes } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { DEFAULT_LIMITS, type LogContext } from '../log-context.ts'
import { PauseDetector } from '../pause-detector.ts'
import { InstantClock } from './fake-clock.ts'
import { MemoryLogDevice } from './memory-log-device.ts'
import { quietLog } from './open-memory-log.ts'

/** What the parts of an open log share, without a log: for tests of one part. */
export const bareContext = (overrides: Partial<LogContext> = {}): LogContext => {
  const clock = overrides.clock ?? new InstantClock()
  return {
    device: new MemoryLogDevice(),
    sessionId: 'ses_test',
    epoch: 5,
    openId: 'ours',
    key: randomBytes(32),
    clock,
    random: randomBytes,
    pauses: new PauseDetector(clock),
    compress: async (body) => zstdCompressSync(body),
    limits: DEFAULT_LIMITS,
    log: quietLog,
    over: new AbortController().signal,
    ...overrides,
  }
}
