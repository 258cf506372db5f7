import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LeasedLimiter, type TakeShared } from './leased-limiter.ts'
import { type BucketSize, blockOf, takeTokens } from './token-bucket.ts'

const START = 1_800_000_000_000

/** The shared buckets as the table keeps them, in memory; counts what it was asked. */
const sharedBuckets = () => {
  const fullAt = new Map<string, number>()
  const asked = { count: 0 }
  const take =
    (bucket: string): TakeShared =>
    async (size, now, wanted) => {
      asked.count++
      const lease = takeTokens(size, fullAt.get(bucket) ?? null, now, wanted)
      fullAt.set(bucket, lease.fullAt)
      return lease
    }
  return { take, asked }
}

interface Source {
  readonly bucket: string
  readonly perSecond: number
}

/** Virtual time: every source sends evenly, spread over the environments in turn. */
const simulate = async (
  size: BucketSize,
  sources: readonly Source[],
  options: { environments: number; seconds: number },
) => {
  const shared = sharedBuckets()
  const environments = Array.from({ length: options.environments }, () => new LeasedLimiter())
  const sent = sources.flatMap((source, index) =>
    Array.from({ length: source.perSecond * options.seconds }, (_, n) => ({
      source,
      at: START + (n * 1000) / source.perSecond + index / 100,
      environment: environments[n % environments.length]!,
    })),
  )
  const counts = new Map(sources.map(({ bucket }) => [bucket, { allowed: 0, refused: 0, late: 0 }]))
  for (const { source, at, environment } of sent.sort((a, b) => a.at - b.at)) {
    const verdict = await environment.take(source.bucket, size, at, shared.take(source.bucket))
    const count = counts.get(source.bucket)!
    if (verdict.allowed) count.allowed++
    else count.refused++
  }
  return { counts, leases: shared.asked.count, requests: sent.length }
}

describe('leased token blocks, in virtual time', () => {
  it('the burst passes whole when requests come in disorder by some milliseconds', async () => {
    const size = { perSecond: 1, burst: 5 }
    const shared = sharedBuckets()
    const limiter = new LeasedLimiter()
    const take = (at: number) => limiter.take('b', size, START + at, shared.take('b'))
    const verdicts = []
    for (const at of [3, 2, 1, 0, 0, 0]) verdicts.push(await take(at))
    expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, true, true, true, true, false])
  })

  it('a noisy tenant is held to its rate and a quiet one is never refused', async () => {
    const size = { perSecond: 100, burst: 200 }
    const sources = [
      { bucket: 'noisy', perSecond: 5_000 },
      { bucket: 'quiet', perSecond: 20 },
    ]
    const { counts } = await simulate(size, sources, { environments: 10, seconds: 20 })
    expect(counts.get('quiet')).toMatchObject({ allowed: 400, refused: 0 })
    const noisy = counts.get('noisy')!.allowed
    expect(noisy).toBeLessThanOrEqual(200 + 100 * 20)
    expect(noisy).toBeGreaterThan(0.9 * (200 + 100 * 20))
  })

  it('a noisy tenant with a high rate, over many environments, cannot wear out the shared row', async () => {
    const size = { perSecond: 200, burst: 600 }
    const { counts, leases } = await simulate(size, [{ bucket: 'a', perSecond: 5_000 }], {
      environments: 40,
      seconds: 20,
    })
    // DynamoDB writes one row 1,000 times per second.
    expect(leases / 20).toBeLessThan(400)
    expect(counts.get('a')!.allowed).toBeLessThanOrEqual(600 + 200 * 20)
    expect(counts.get('a')!.allowed).toBeGreaterThan(0.9 * (600 + 200 * 20))
  })

  it('a tenant at half of its rate, over many environments, is never refused', async () => {
    const size = { perSecond: 200, burst: 600 }
    const { counts } = await simulate(size, [{ bucket: 'a', perSecond: 100 }], { environments: 100, seconds: 30 })
    expect(counts.get('a')).toMatchObject({ allowed: 3_000, refused: 0 })
  })

  it('the shared row is written far less often than requests come, and hardly at all for refused ones', async () => {
    const size = { perSecond: 2_000, burst: 10_000 }
    const busy = await simulate(size, [{ bucket: 'a', perSecond: 2_000 }], { environments: 4, seconds: 5 })
    expect(busy.leases).toBeLessThan(busy.requests / 50)
    const noisy = await simulate({ perSecond: 10, burst: 10 }, [{ bucket: 'a', perSecond: 2_000 }], {
      environments: 4,
      seconds: 5,
    })
    expect(noisy.leases).toBeLessThan(noisy.requests / 10)
  })

  it('all environments together never give more than burst + rate × time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ perSecond: fc.integer({ min: 1, max: 500 }), burst: fc.integer({ min: 1, max: 1_000 }) }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 800 }),
        async (size, environments, perSecond) => {
          const { counts } = await simulate(size, [{ bucket: 'a', perSecond }], { environments, seconds: 3 })
          expect(counts.get('a')!.allowed).toBeLessThanOrEqual(size.burst + size.perSecond * 3 + 1)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('requests that wait for one lease share it, and none passes without a token', async () => {
    const size = { perSecond: 1, burst: 7 }
    const shared = sharedBuckets()
    const limiter = new LeasedLimiter()
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, () => limiter.take('a', size, START, shared.take('a'))),
    )
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(7)
    expect(verdicts.at(-1)).toMatchObject({ allowed: false, limit: 7, remaining: 0, retryAfterMs: 1_000 })
    expect(blockOf(size)).toBe(1)
  })

  it('says how many requests remain', async () => {
    const limiter = new LeasedLimiter()
    const take = sharedBuckets().take('a')
    const size = { perSecond: 10, burst: 100 }
    expect(await limiter.take('a', size, START, take)).toMatchObject({ allowed: true, limit: 100, remaining: 99 })
    expect(await limiter.take('a', size, START, take)).toMatchObject({ remaining: 98 })
  })
})
