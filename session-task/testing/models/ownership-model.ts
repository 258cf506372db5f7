import { type Exploration, explore } from './explore.ts'

/**
 * Protocol §2, §3 and §6 as a state space: the API accepts two messages while a session goes from worker 1 to 2 to 3.
 * No sweep by time: what nobody rings for and nobody reads is lost. Any worker but the last may die anywhere, or live
 * on as a zombie that does not know.
 */
export interface OwnershipVariant {
  /** `rowFirst`: row → read lease → ring; `leaseFirst`: read lease → row → ring */
  readonly accept: 'rowFirst' | 'leaseFirst'
  /** what a worker that was assigned does first: everything it reads before the lease is its own may be overlooked */
  readonly takeOver: 'leaseThenRead' | 'readThenLease'
  /** may a later owner claim what an earlier one left `sending`? */
  readonly reclaims: boolean
}

interface Message {
  /** 0: not written yet */
  readonly status: 0 | 'queued' | 'sending' | 'sent'
  readonly epoch: number
}

interface Worker {
  readonly life: 'waiting' | 'alive' | 'dead'
  /** read OPEN at least once as the owner */
  readonly hasRead: boolean
  readonly isRung: boolean
  /** messages that it has seen and not finished, by index; `claimed`: its frame may leave */
  readonly work: readonly ('none' | 'seen' | 'claimed')[]
}

interface State {
  readonly lease: number
  /** per message: 0 nothing done, then one per step; the lease it read */
  readonly api: readonly { readonly step: number; readonly read: number }[]
  readonly messages: readonly Message[]
  readonly workers: readonly Worker[]
}

const WORKERS = 3
const MESSAGES = 2
const LAST = WORKERS - 1

const FIRST: State = {
  lease: 0,
  api: Array.from({ length: MESSAGES }, () => ({ step: 0, read: -1 })),
  messages: Array.from({ length: MESSAGES }, () => ({ status: 0, epoch: 0 })),
  workers: Array.from({ length: WORKERS }, (_, index) => ({
    life: index === 0 ? 'alive' : 'waiting',
    hasRead: index === 0,
    isRung: false,
    work: Array.from({ length: MESSAGES }, () => 'none' as const),
  })),
}

const replace = <T>(items: readonly T[], index: number, change: Partial<T>): T[] =>
  items.map((item, at) => (at === index ? { ...item, ...change } : item))

export const exploreOwnership = (variant: OwnershipVariant): Exploration<State> =>
  explore(
    FIRST,
    (state) => [...acceptSteps(state, variant), ...takeOverSteps(state, variant), ...workSteps(state, variant)],
    ({ messages }) => messages.some(({ status }) => status !== 'sent'),
  )

const acceptSteps = (state: State, { accept }: OwnershipVariant): State[] =>
  state.api.flatMap(({ step, read }, index) => {
    if (step === 3) return []
    const done = (change: Partial<State>, nowRead = read): State => ({
      ...state,
      ...change,
      api: replace(state.api, index, { step: step + 1, read: nowRead }),
    })
    const writes = (accept === 'rowFirst' ? 0 : 1) === step
    if (writes) return [done({ messages: replace(state.messages, index, { status: 'queued' }) })]
    if (step < 2) return [done({}, state.lease)]
    return [done({ workers: replace(state.workers, read, { isRung: true }) })]
  })

/** OPEN read consistently: every row that is there and not settled. */
const withRead = (state: State, index: number): Worker[] => {
  const { work } = state.workers[index]!
  return replace(state.workers, index, {
    hasRead: true,
    isRung: false,
    work: work.map((one, at) => {
      const { status } = state.messages[at]!
      return one === 'none' && (status === 'queued' || status === 'sending') ? 'seen' : one
    }),
  })
}

const takeOverSteps = (state: State, { takeOver }: OwnershipVariant): State[] => {
  const steps: State[] = []
  const next = state.lease + 1
  const candidate = state.workers[next]
  if (candidate?.life === 'waiting') {
    if (takeOver === 'leaseThenRead' || candidate.hasRead)
      steps.push({ ...state, lease: next, workers: replace(state.workers, next, { life: 'alive' }) })
    else steps.push({ ...state, workers: withRead(state, next) })
  }
  state.workers.forEach((worker, index) => {
    if (worker.life !== 'alive') return
    if (!worker.hasRead || worker.isRung) steps.push({ ...state, workers: withRead(state, index) })
    // The last owner lives; the others may die whenever another one can follow.
    if (index < LAST) steps.push({ ...state, workers: replace(state.workers, index, { life: 'dead' }) })
  })
  return steps
}

const workSteps = (state: State, { reclaims }: OwnershipVariant): State[] =>
  state.workers.flatMap((worker, index) => {
    if (worker.life !== 'alive') return []
    const workOn = (message: number, to: Worker['work'][number], change: Partial<Message> = {}): State => ({
      ...state,
      messages: replace(state.messages, message, change),
      workers: replace(state.workers, index, { work: worker.work.map((one, at) => (at === message ? to : one)) }),
    })
    return worker.work.flatMap((one, message) => {
      const { status, epoch } = state.messages[message]!
      if (one === 'seen') {
        const canClaim = (status === 'queued' && epoch <= index) || (reclaims && status === 'sending' && epoch < index)
        return [canClaim ? workOn(message, 'claimed', { status: 'sending', epoch: index }) : workOn(message, 'none')]
      }
      if (one !== 'claimed') return []
      // The settle of a zombie fails: the row belongs to a later epoch.
      return [
        status === 'sending' && epoch === index ? workOn(message, 'none', { status: 'sent' }) : workOn(message, 'none'),
      ]
    })
  })
