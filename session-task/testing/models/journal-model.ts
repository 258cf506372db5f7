import { type Exploration, explore } from './explore.ts'

/**
 * Protocol §5 as a state space: two stanzas come in, the worker journals, receipts and writes event rows, and is killed
 * at any point, twice. The server delivers again what was not receipted.
 */
export interface JournalVariant {
  /** a receipt waits until its record is durable */
  readonly gate: boolean
  /** an event row waits until its record is durable */
  readonly rowsWait: boolean
  /** a redelivery is known by what the log says, not by memory alone */
  readonly logKnowsIdentity: boolean
}

interface Journaled {
  readonly stanza: number
  /** which life of the worker made the event's id; sequence = place in the log */
  readonly id: number
}

interface State {
  readonly life: number
  readonly receipted: readonly boolean[]
  /** delivered to this life of the worker and not yet journaled */
  readonly delivered: readonly boolean[]
  readonly memory: readonly Journaled[]
  readonly durable: number
  /** handed to this life by the server, so that it is not again */
  readonly sentToLife: readonly boolean[]
  /** event rows: sequence → id#stanza; `clash` when another id was there */
  readonly rows: readonly (string | null)[]
  readonly isClash: boolean
}

const STANZAS = 2
const LIVES = 3

const FIRST: State = {
  life: 0,
  receipted: [false, false],
  delivered: [false, false],
  memory: [],
  durable: 0,
  sentToLife: [false, false],
  rows: [],
  isClash: false,
}

const set = <T>(items: readonly T[], index: number, value: T): T[] => {
  const copy = [...items]
  copy[index] = value
  return copy
}

/** Broken: a receipted stanza without an event, two events of one, or a sequence with two ids. */
export const exploreJournal = (variant: JournalVariant): Exploration<State> =>
  explore(
    FIRST,
    (state) => steps(state, variant),
    ({ rows, isClash }) => {
      const told = rows.map((row) => Number(row?.split('#')[1]))
      return isClash || [0, 1].some((stanza) => told.filter((one) => one === stanza).length !== 1)
    },
  )

const steps = (state: State, { gate, rowsWait, logKnowsIdentity }: JournalVariant): State[] => {
  const next: State[] = []
  for (let stanza = 0; stanza < STANZAS; stanza++) {
    if (!state.receipted[stanza] && !state.sentToLife[stanza])
      next.push({
        ...state,
        delivered: set(state.delivered, stanza, true),
        sentToLife: set(state.sentToLife, stanza, true),
      })
    const at = state.memory.findIndex((one) => one.stanza === stanza)
    if (state.delivered[stanza]) {
      const isKnown = logKnowsIdentity && at >= 0
      next.push({
        ...state,
        delivered: set(state.delivered, stanza, false),
        memory: isKnown ? state.memory : [...state.memory, { stanza, id: state.life }],
      })
    }
    const isReady = at >= 0 && (!gate || at < state.durable)
    if (isReady && state.sentToLife[stanza] && !state.delivered[stanza] && !state.receipted[stanza])
      next.push({ ...state, receipted: set(state.receipted, stanza, true) })
  }
  if (state.durable < state.memory.length) next.push({ ...state, durable: state.memory.length })
  state.memory.forEach(({ stanza, id }, sequence) => {
    if (rowsWait && sequence >= state.durable) return
    const row = `${id}#${stanza}`
    const standing = state.rows[sequence]
    if (standing === row) return
    if (standing) {
      if (!state.isClash) next.push({ ...state, isClash: true })
      return
    }
    if (sequence === state.rows.length) next.push({ ...state, rows: [...state.rows, row] })
  })
  // Killed: memory is what was durable; the server has not forgotten what was not receipted.
  if (state.life < LIVES - 1)
    next.push({
      ...state,
      life: state.life + 1,
      delivered: [false, false],
      sentToLife: [false, false],
      memory: state.memory.slice(0, state.durable),
    })
  return next
}
