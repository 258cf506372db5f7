import type { startSimulator } from '../../session-task/whatsapp/testing/simulator-process.ts'
import type { Bench, Figure } from '../report.ts'
import { median, rounded, type Side, takeTurns } from '../support/rounds.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const COUNT = Number(process.env.MESSAGES ?? 400)
const WINDOW = 32
const CONTACT = '5521988887777'
const LATENCY_MS = 20
const SIDES: readonly Side[] = [
  { name: 'bare, state in memory', kind: 'bare' },
  { name: 'engine, log 20 ms away', kind: 'engine', latencyMs: LATENCY_MS },
  { name: 'bare, useMultiFileAuthState', kind: 'bare', store: 'files' },
]

/** Known contacts; until the server's ack of the last text. The engine also until the record of that ack is durable. */
export const run: Bench = async () => [...(await measure(1)), ...(await measure(20))]

const measure = async (sessions: number): Promise<Figure[]> => {
  // Three windows at least: of fewer, a quarter of the time would be the wait for the last record, which bare does not keep.
  const count = Math.max(Math.ceil(COUNT / sessions), 3 * WINDOW)
  const answers = await takeTurns(
    SIDES,
    ROUNDS,
    async (child, phones) => void (await child.ask({ do: 'link', phones: phones(sessions) })),
    (child, simulator) => sendAll(child, simulator, count),
  )
  const total = count * sessions
  const rates = new Map(
    [...answers].map(([name, all]) => [name, median(all.map((one) => total / (one.milliseconds / 1_000)))]),
  )
  const cpus = new Map([...answers].map(([name, all]) => [name, median(all.map((one) => one.cpuMs / total))]))
  const [bare, engine] = [SIDES[0]!.name, SIDES[1]!.name]
  return [
    ...SIDES.flatMap(({ name }) => [
      { name: `${sessions} sessions: ${name}`, value: rounded(rates.get(name) ?? 0, 0), unit: 'msg/s' },
      { name: `${sessions} sessions: ${name}, CPU`, value: rounded(cpus.get(name) ?? 0), unit: 'ms/msg' },
    ]),
    {
      name: `${sessions} sessions: engine ÷ bare`,
      value: rounded((rates.get(engine) ?? 0) / (rates.get(bare) ?? 1)),
      unit: '×',
      note: `aim ≥ 0.8; ${ROUNDS} rounds of ${total} texts, window ${WINDOW}, in turns`,
    },
  ]
}

const sendAll = async (
  child: Parameters<Parameters<typeof takeTurns>[3]>[0],
  simulator: Awaited<ReturnType<typeof startSimulator>>,
  count: number,
) => {
  await simulator.addContact(CONTACT, { name: 'Ana', deliveryReceipts: false })
  return child.ask({ do: 'send', contact: CONTACT, count, window: WINDOW })
}
