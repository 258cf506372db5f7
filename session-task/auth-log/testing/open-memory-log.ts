import { zstdCompressSync } from 'node:zlib'
import { makeLog } from '../../../shared/log/log.ts'
import { type OpenInput, openSessionLog } from '../open-log.ts'
import type { SessionKeyWrap } from '../session-keys.ts'
import type { SessionLog } from '../session-log.ts'
import { MemoryBucket, MemoryLogDevice } from './memory-log-device.ts'

/** Wraps nothing: for tests that are not about keys. */
export const plainKeyWrap: SessionKeyWrap = {
  wrap: async (key) => Buffer.from(key).toString('base64'),
  unwrap: async (wrapped) => Buffer.from(wrapped, 'base64'),
}

export const quietLog = makeLog('test', 'silent')

/** Everything an open needs, on a bucket in memory; override what the test is about. */
export const openInput = (overrides: Partial<OpenInput> = {}): OpenInput => ({
  device: new MemoryLogDevice(),
  sessionKeyWrap: plainKeyWrap,
  sessionId: 'ses_test',
  epoch: 1,
  claimant: { workerId: 'wrk_test', incarnation: '1' },
  expectLinked: false,
  log: quietLog,
  // In the same turn: how long a thread pool takes depends on the machine, and so would every order of calls.
  compress: async (body) => zstdCompressSync(body),
  ...overrides,
})

/** An open log on memory; give the same bucket and a higher epoch to take it over. @throws when refused */
export const openMemoryLog = async (
  options: Partial<OpenInput> & { bucket?: MemoryBucket } = {},
): Promise<{ log: SessionLog; bucket: MemoryBucket; device: MemoryLogDevice }> => {
  const { bucket = new MemoryBucket(), ...overrides } = options
  const device = new MemoryLogDevice(bucket)
  const result = await openSessionLog(openInput({ device, ...overrides }))
  if (!result.ok) throw new Error(`the log was not opened: ${result.reason} ${result.detail}`)
  return { log: result.log, bucket, device }
}
