import { LeasedLimiter } from '../../shared/core/leased-limiter.ts'
import { type BucketSize, takeTokens } from '../../shared/core/token-bucket.ts'
import { quantile } from '../report.ts'

export interface Sender {
  readonly name: string
  readonly perSecond: number
}

export interface SenderResult {
  readonly allowed: number
  readonly refused: number
  /** milliseconds in the queue before an environment took the request, 99th percentile */
  readonly waitP99Ms: number
}

const START = 1_800_000_000_000
const SERVED_MS = 8
const REFUSED_MS = 1

/**
 * Virtual time around the real limiter and the real bucket: requests come evenly, wait in one line, and are taken by the
 * first free of `environments`; a request that is served keeps its environment 8 ms, a refused one 1 ms.
 * @param limit null: nobody is refused
 */
export const simulateSenders = async (
  senders: readonly Sender[],
  options: { environments: number; seconds: number; limit: BucketSize | null },
) => {
  const fullAt = new Map<string, number>()
  let sharedWrites = 0
  const limiters = Array.from({ length: options.environments }, () => new LeasedLimiter())
  const freeAt = Array.from({ length: options.environments }, () => START)
  const requests = senders
    .flatMap(({ name, perSecond }, index) =>
      Array.from({ length: perSecond * options.seconds }, (_, n) => ({
        name,
        at: START + (n * 1000) / perSecond + index / 100,
      })),
    )
    .sort((a, b) => a.at - b.at)
  const results = new Map(senders.map(({ name }) => [name, { allowed: 0, refused: 0, waits: [] as number[] }]))
  for (const { name, at } of requests) {
    const environment = freeAt.indexOf(Math.min(...freeAt))
    const begins = Math.max(at, freeAt[environment]!)
    const result = results.get(name)!
    result.waits.push(begins - at)
    const verdict =
      options.limit &&
      (await limiters[environment]!.take(name, options.limit, begins, async (size, now, wanted) => {
        sharedWrites++
        const lease = takeTokens(size, fullAt.get(name) ?? null, now, wanted)
        fullAt.set(name, lease.fullAt)
        return lease
      }))
    const isAllowed = verdict === null || verdict.allowed
    if (isAllowed) result.allowed++
    else result.refused++
    freeAt[environment] = begins + (isAllowed ? SERVED_MS : REFUSED_MS)
  }
  const senderResults = new Map<string, SenderResult>(
    [...results].map(([name, { allowed, refused, waits }]) => [
      name,
      { allowed, refused, waitP99Ms: quantile(waits, 0.99) },
    ]),
  )
  return { senders: senderResults, sharedWrites, requests: requests.length }
}
