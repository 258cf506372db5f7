import { startSimulator } from '../../session-task/whatsapp/testing/simulator-process.ts'
import type { ChildAnswer, ChildOptions } from './child-protocol.ts'
import { type BenchChild, startChild } from './start-child.ts'

/** Median of an odd number of values; of an even one the upper of the two in the middle. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

export const rounded = (value: number, digits = 2): number => Math.round(value * 10 ** digits) / 10 ** digits

export interface Side {
  readonly name: string
  readonly kind: 'bare' | 'engine'
  readonly store?: 'memory' | 'files'
  readonly latencyMs?: number
}

/**
 * The sides take turns on one simulator in a process of its own: what the machine does besides hits them alike.
 * @returns answers of each side, one per round; the first round only warms up
 */
export const takeTurns = async (
  sides: readonly Side[],
  rounds: number,
  prepare: (child: BenchChild, phones: (count: number) => string[]) => Promise<void>,
  work: (child: BenchChild, simulator: Awaited<ReturnType<typeof startSimulator>>, side: Side) => Promise<ChildAnswer>,
): Promise<Map<string, ChildAnswer[]>> => {
  const simulator = await startSimulator()
  const children = new Map<string, BenchChild>()
  let phones = 0
  try {
    for (const { name, kind, store = 'memory', latencyMs = 0 } of sides) {
      const { socketUrl, controlUrl, trustRootHex } = simulator
      const options: ChildOptions = { socketUrl, controlUrl, trustRootHex, latencyMs, store }
      const child = await startChild(kind, options)
      children.set(name, child)
      await prepare(child, (count) => Array.from({ length: count }, () => `5511${900_000_000 + phones++}`))
    }
    const answers = new Map<string, ChildAnswer[]>(sides.map(({ name }) => [name, []]))
    for (let round = 0; round <= rounds; round++)
      for (const side of sides) {
        const answer = await work(children.get(side.name)!, simulator, side)
        if (round > 0) answers.get(side.name)?.push(answer)
      }
    return answers
  } finally {
    for (const child of children.values()) await child.stop()
    await simulator.stop()
  }
}
