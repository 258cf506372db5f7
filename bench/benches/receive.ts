import type { Bench } from '../report.ts'
import { median, rounded, type Side, takeTurns } from '../support/rounds.ts'
import type { BenchChild } from '../support/start-child.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const COUNT = Number(process.env.MESSAGES ?? 300)
const CONTACT = '5521977776666'
const LATENCY_MS = 20
const SIDES: readonly Side[] = [
  { name: 'bare, state in memory', kind: 'bare' },
  { name: 'bare, store 20 ms away', kind: 'bare', latencyMs: LATENCY_MS },
  { name: 'engine, log 20 ms away', kind: 'engine', latencyMs: LATENCY_MS },
]

/**
 * Texts wait at the server while the device is away; measured from connecting until the last one was told: by the
 * upsert handler of bare Baileys, by the engine when its record is durable.
 */
export const run: Bench = async () => {
  const phones = new Map<BenchChild, string>()
  const answers = await takeTurns(
    SIDES,
    ROUNDS,
    async (child, newPhones) => {
      const [phone = ''] = newPhones(1)
      phones.set(child, phone)
      await child.ask({ do: 'link', phones: [phone] })
    },
    async (child, simulator) => {
      await child.ask({ do: 'close' })
      for (let index = 0; index < COUNT; index++)
        await simulator.contactSends(CONTACT, phones.get(child) ?? '', `text ${index}`)
      return child.ask({ do: 'connect', texts: COUNT })
    },
  )
  const of = (name: string, value: (one: { milliseconds: number; cpuMs: number }) => number) =>
    median((answers.get(name) ?? []).map(value))
  const rate = (name: string) => of(name, ({ milliseconds }) => COUNT / (milliseconds / 1_000))
  const [memory, bare, engine] = SIDES.map(({ name }) => name) as [string, string, string]
  return [
    ...SIDES.flatMap(({ name }) => [
      { name, value: rounded(rate(name), 0), unit: 'msg/s' },
      { name: `${name}, CPU`, value: rounded(of(name, ({ cpuMs }) => cpuMs / COUNT)), unit: 'ms/msg' },
    ]),
    {
      name: 'engine ÷ bare with the same wait',
      value: rounded(rate(engine) / rate(bare)),
      unit: '×',
      note: `aim ≥ 0.7; ${ROUNDS} rounds of ${COUNT} texts, login included, in turns`,
    },
    { name: 'engine ÷ bare in memory', value: rounded(rate(engine) / rate(memory)), unit: '×' },
  ]
}
