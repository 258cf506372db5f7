import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateCost as estimateCell } from '../../tools/cost/estimate.ts'
import { estimateCost, PRICE_TABLE, type Usage } from './price-table.ts'

const none: Usage = {
  messagesOutbound: 0,
  messagesInbound: 0,
  sessionSeconds: 0,
  mediaBytes: 0,
  webhookAttempts: 0,
  apiCalls: 0,
}
const MONTH_SECONDS = 30 * 24 * 3600

describe('estimated cost of a tenant', () => {
  it('a worked example, by hand from the list prices', () => {
    // 1000 sent: 14 writes, 4 reads, 1.5 S3 PUTs, 1.5 events, 1 KB of logs, 2 KB stored, 3 SQS requests
    const sent = 14 * 0.625 + 4 * 0.125 + 1.5 * 5 + 1.5 * 1 + 0.5 + 2 * 0.25 + 3 * 0.4
    expect(estimateCost({ ...none, messagesOutbound: 1_000_000 })).toBeCloseTo(sent, 4)
    const received = 4 * 0.625 + 1 * 0.125 + 1.5 * 5 + 1.5 * 1 + 0.5 + 2 * 0.25
    expect(estimateCost({ ...none, messagesInbound: 1_000_000 })).toBeCloseTo(received, 4)
    expect(estimateCost({ ...none, mediaBytes: 1e12 })).toBeCloseTo(113, 6)
    // a session of a whole month: its share of 0.05162 an hour
    expect(estimateCost({ ...none, sessionSeconds: MONTH_SECONDS })).toBeCloseTo(((0.05162 * 1.15) / 200) * 720, 2)
    expect(estimateCost(none)).toBe(0)
  })

  it('the sum over all tenants is the variable part of what the cell costs', () => {
    const cell = {
      sessions: 100_000,
      messagesPerDay: 10_000_000,
      outboundShare: 0.4,
      webhooksPerMessage: 1,
      sessionsPerWorker: 200,
      workerVcpu: 1,
      workerGb: 4,
      headroom: 0.15,
      retentionDays: 30,
    }
    const messages = cell.messagesPerDay * 30
    const tenants = 1_000
    const perTenant = estimateCost({
      messagesOutbound: (messages * 0.4) / tenants,
      messagesInbound: (messages * 0.6) / tenants,
      sessionSeconds: (cell.sessions * MONTH_SECONDS) / tenants,
      mediaBytes: 0,
      webhookAttempts: messages / tenants,
      apiCalls: (messages * 0.4) / tenants,
    })
    const { lines, usdPerMonth } = estimateCell(cell)
    const fixed = lines.find(({ name }) => name === 'fixed')!.usdPerMonth
    // A month has 730 hours there and 30 days here; the workers' long polls and the ACL's rules belong to nobody.
    expect((perTenant * tenants) / (usdPerMonth - fixed)).toBeGreaterThan(0.97)
    expect((perTenant * tenants) / (usdPerMonth - fixed)).toBeLessThan(1.01)
  })

  it('more of anything never costs less, and two halves cost the whole', () => {
    const amount = fc.nat(10_000_000)
    const usage = fc.record<Usage>({
      messagesOutbound: amount,
      messagesInbound: amount,
      sessionSeconds: amount,
      mediaBytes: amount,
      webhookAttempts: amount,
      apiCalls: amount,
    })
    const sum = (a: Usage, b: Usage): Usage =>
      Object.fromEntries(Object.entries(a).map(([name, value]) => [name, value + b[name as keyof Usage]])) as never
    fc.assert(
      fc.property(usage, usage, (a, b) => {
        expect(estimateCost(sum(a, b))).toBeGreaterThanOrEqual(estimateCost(a))
        expect(estimateCost(sum(a, b))).toBeCloseTo(estimateCost(a) + estimateCost(b), 4)
      }),
    )
  })

  it('the table says when and where its prices hold', () => {
    expect(PRICE_TABLE).toMatchObject({ version: '2026-11-21', currency: 'USD', region: 'us-east-1' })
    for (const price of Object.values(PRICE_TABLE.perUnit)) expect(price).toBeGreaterThan(0)
  })
})
