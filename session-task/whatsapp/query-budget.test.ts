import { describe, expect, it } from 'vitest'
import { QueryBudget } from './query-budget.ts'

const setUp = () => {
  const clock = { time: 0, slept: 0, now: () => clock.time, sleep: async (ms: number) => void (clock.slept += ms) }
  const budget = new QueryBudget(clock)
  let asked = 0
  const ask = () => budget.spend(async () => ++asked)
  return { clock, budget, ask, asked: () => asked }
}

describe('the query budget', () => {
  it('lets a burst through, then one question a second, then none: nobody waits for more than 20 s', async () => {
    const { clock, ask, asked } = setUp()
    for (let n = 0; n < 20; n++) await ask()
    expect([asked(), clock.slept]).toEqual([20, 0])
    await ask()
    expect(clock.slept).toBe(1_000)
    for (let n = 2; n <= 20; n++) await ask()
    expect(asked()).toBe(40)
    await expect(ask()).rejects.toMatchObject({ code: 'rate_limited', waCode: null })
    clock.time += 41_000
    clock.slept = 0
    for (let n = 0; n < 20; n++) await ask()
    expect(clock.slept).toBe(0)
  })

  it('asks nothing for a minute after WhatsApp said that it was too much', async () => {
    const { clock, budget, ask, asked } = setUp()
    const refused = Object.assign(new Error('rate-overlimit'), { data: 429 })
    await expect(budget.spend(() => Promise.reject(refused))).rejects.toMatchObject({
      code: 'rate_limited',
      waCode: 429,
    })
    await expect(ask()).rejects.toMatchObject({ code: 'rate_limited' })
    expect(asked()).toBe(0)
    clock.time += 60_000
    await ask()
    expect(asked()).toBe(1)
  })

  it('passes other errors on', async () => {
    await expect(setUp().budget.spend(() => Promise.reject(new Error('odd')))).rejects.toThrow('odd')
  })
})
