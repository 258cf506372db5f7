import { type Profiler, Session } from 'node:inspector/promises'

const SAMPLE_MICROSECONDS = 100

/** Where a piece of CPU time counts: the first step whose pattern fits the file of a frame. */
export interface Step {
  readonly name: string
  readonly files: RegExp
}

/** Step, or `idle` (waiting), `garbage collector`, `other` → milliseconds. */
export type Division = ReadonlyMap<string, number>

/**
 * Runs the work under V8's sampling profiler and divides its time among steps. A sample counts for the innermost frame
 * whose file belongs to a step, so that what a step calls (a parser, a hash) is its own; frames of nobody are `other`.
 */
export const divide = async (steps: readonly Step[], work: () => Promise<unknown>): Promise<Division> => {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS })
    await session.post('Profiler.start')
    await work()
    const { profile } = await session.post('Profiler.stop')
    return divisionOf(steps, profile)
  } finally {
    session.disconnect()
  }
}

const divisionOf = (steps: readonly Step[], { nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Division => {
  const parents = new Map(nodes.flatMap(({ id, children }) => (children ?? []).map((child) => [child, id] as const)))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const stepOf = (leaf: number): string => {
    const own = byId.get(leaf)?.callFrame.functionName ?? ''
    if (own === '(idle)' || own === '(garbage collector)') return own.slice(1, -1)
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) {
      const url = byId.get(id)?.callFrame.url ?? ''
      const step = url && steps.find(({ files }) => files.test(url))
      if (step) return step.name
    }
    return 'other'
  }
  const names = new Map(nodes.map(({ id }) => [id, stepOf(id)]))
  const division = new Map<string, number>()
  for (const [index, sample] of samples.entries()) {
    const name = names.get(sample) ?? 'other'
    division.set(name, (division.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000)
  }
  return division
}
