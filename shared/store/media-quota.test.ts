import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCloud } from '../../local/cloud/testing/cloud.ts'
import { newId } from '../core/ids.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import { MediaQuota } from './media-quota.ts'
import { openTables, type Tables } from './tables.ts'

let stop: () => Promise<void>
let tables: Tables

beforeAll(async () => {
  const cloud = await startTestCloud()
  cloud.apply()
  stop = () => cloud.stop()
  tables = openTables()
})
afterAll(() => stop())

const NOW = Date.parse('2026-11-21T10:00:00Z')
const HOUR_MS = 3600_000
const newQuota = (mode: 'live' | 'test' = 'live', tenantId: string = newId('ten')) =>
  new MediaQuota(tables, TenantScope.fromVerified('principal', { tenantId, mode }))
const reserve = (quota: MediaQuota, mediaId: string, bytes: number, maximum = 100, now = NOW) =>
  quota.reserve({ mediaId, bytes, maximum, now, expiresAt: now + HOUR_MS })

describe('media bytes', () => {
  it('concurrent reservations never exceed the quota, and fill it', async () => {
    const quota = newQuota()
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => reserve(quota, `med_${n}`, 30)))
    const refused = results.filter((result) => result.status === 'rejected')
    for (const { reason } of refused) expect(['quota_exceeded', 'conflict']).toContain(reason.code)
    expect(await quota.used()).toBe(30 * (8 - refused.length))
    expect(await quota.used()).toBeLessThanOrEqual(90)
    for (let n = 8; n < 11; n++) await reserve(quota, `med_${n}`, 30).catch(() => undefined)
    expect(await quota.used()).toBe(90)
  })

  it('a repeated reservation counts once; the refusal names the limit and what is used', async () => {
    const quota = newQuota()
    for (let n = 0; n < 3; n++) await reserve(quota, 'med_a', 60)
    expect(await quota.used()).toBe(60)
    await expect(reserve(quota, 'med_b', 41)).rejects.toMatchObject({
      code: 'quota_exceeded',
      details: { detail: expect.stringContaining('60 of 100 bytes'), limit: { name: 'mediaBytes', maximum: 100 } },
    })
    await reserve(quota, 'med_b', 40)
    expect(await quota.used()).toBe(100)
  })

  it('one object larger than the whole quota is refused, also as the first', async () => {
    const quota = newQuota()
    await expect(reserve(quota, 'med_a', 101)).rejects.toMatchObject({ code: 'quota_exceeded' })
    expect(await quota.used()).toBe(0)
  })

  it('settling counts the real size, once however often; inbound media counts without a reservation', async () => {
    const quota = newQuota()
    await reserve(quota, 'med_a', 60)
    const kept = { keptUntil: NOW + 30 * 24 * HOUR_MS }
    for (let n = 0; n < 3; n++) await quota.settle({ mediaId: 'med_a', bytes: 20, ...kept })
    expect(await quota.used()).toBe(20)
    await quota.settle({ mediaId: 'med_in', bytes: 500, ...kept })
    expect(await quota.used()).toBe(520)
    await expect(reserve(quota, 'med_b', 1)).rejects.toMatchObject({ code: 'quota_exceeded' })
  })

  it('releasing gives back once, twice at once too', async () => {
    const quota = newQuota()
    await reserve(quota, 'med_a', 60)
    await reserve(quota, 'med_b', 10)
    await Promise.all([quota.release('med_a'), quota.release('med_a')])
    await quota.release('med_a')
    expect(await quota.used()).toBe(10)
  })

  it('an upload that never came makes room when it is needed, a settled object keeps its room', async () => {
    const quota = newQuota()
    await reserve(quota, 'med_never', 60)
    await reserve(quota, 'med_there', 40)
    await quota.settle({ mediaId: 'med_there', bytes: 40, keptUntil: NOW + 30 * 24 * HOUR_MS })
    const later = NOW + HOUR_MS + 1
    await reserve(quota, 'med_new', 60, 100, later)
    expect(await quota.used()).toBe(100)
    await expect(reserve(quota, 'med_more', 1, 100, later)).rejects.toMatchObject({ code: 'quota_exceeded' })
  })

  it('tenants and modes have quotas of their own', async () => {
    const tenantId = newId('ten')
    const live = newQuota('live', tenantId)
    await reserve(live, 'med_a', 100)
    await reserve(newQuota('test', tenantId), 'med_a', 100)
    await reserve(newQuota('live'), 'med_a', 100)
    expect(await live.used()).toBe(100)
  })
})
