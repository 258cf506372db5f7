import { type Profiler, Session } from 'node:inspector/promises'

const SAMPLE_MICROSECONDS = 100
/** A sample that comes later than this: the core was somebody else's meanwhile. */
const LATE_MICROSECONDS = 3 * SAMPLE_MICROSECONDS

/** Where a piece of CPU time counts: the first step whose pattern fits the file of a frame. */
export interface Step {
  readonly name: string
  readonly files: RegExp
}

/** Step, or one of the names below → milliseconds. */
export type Division = ReadonlyMap<string, number>

const IDLE = 'waiting'
const PREEMPTED = 'other processes have the core'
const GARBAGE = 'garbage collector'
const NODE = 'node: sockets, promises, timers'
const OTHER = 'system calls, microtasks'

/**
 * Runs the work under V8's sampling profiler and divides its time among steps. A sample counts for the innermost frame
 * whose file belongs to a step, so that what a step calls (a parser, a hash, a socket) is its own.
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
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const stepOf = (leaf: number): string => {
    const own = frames.get(leaf)?.functionName ?? ''
    if (own === '(idle)') return IDLE
    if (own === '(garbage collector)') return GARBAGE
    let isInNode = false
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) {
      const url = frames.get(id)?.url ?? ''
      const step = url && steps.find(({ files }) => files.test(url))
      if (step) return step.name
      isInNode ||= url.startsWith('node:')
    }
    return isInNode ? NODE : OTHER
  }
  const names = new Map(nodes.map(({ id }) => [id, stepOf(id)]))
  const division = new Map<string, number>()
  const add = (name: string, microseconds: number) =>
    division.set(name, (division.get(name) ?? 0) + microseconds / 1000)
  for (const [index, sample] of samples.entries()) {
    const name = names.get(sample) ?? OTHER
    const spent = timeDeltas[index] ?? 0
    if (name === IDLE || spent <= LATE_MICROSECONDS) add(name, spent)
    else {
      add(name, SAMPLE_MICROSECONDS)
      add(PREEMPTED, spent - SAMPLE_MICROSECONDS)
    }
  }
  return division
}
