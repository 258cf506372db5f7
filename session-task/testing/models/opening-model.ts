import { type Exploration, explore } from './explore.ts'

/**
 * Protocol §3–4 as a state space: three owners open one log after the other (claim HEAD, read, fence, look at HEAD
 * again) and send. Each may be killed anywhere, or go on as a zombie that does not know; answers of PUTs may be lost.
 * What an owner encrypts with is what it read: two frames with one counter are a ratchet that turned twice.
 */
export interface OpeningVariant {
  /** HEAD is claimed before the log is read, and looked at again after the fence */
  readonly claimsHead: boolean
  /** a record of the new owner closes the log for those before, before it does anything */
  readonly fences: boolean
  /** what the fence finds in its slot is read as well */
  readonly readsWhatFenceMet: boolean
  /** a slot is written once; false: the later PUT wins */
  readonly putsIfAbsent: boolean
  /** a frame leaves after its record; false: it may leave before */
  readonly gate: boolean
}

interface Owner {
  readonly step: 'waiting' | 'assigned' | 'claiming' | 'claimed' | 'read' | 'fenced' | 'live' | 'gone'
  readonly headSeen: number
  /** slots read or written */
  readonly tail: number
  /** counter of the next frame: the records it has read and made */
  readonly counter: number
  /** a frame's counter, encrypted and not gone yet */
  readonly frame: number | null
  readonly isCommitted: boolean
  readonly hasLeft: boolean
  readonly sent: number
}

interface State {
  readonly lease: number
  /** epoch in HEAD */
  readonly head: number
  /** counter null: a fence */
  readonly slots: readonly { readonly epoch: number; readonly counter: number | null }[]
  /** counters of the frames that left, one per frame */
  readonly frames: readonly number[]
  /** index = epoch − 1 */
  readonly owners: readonly Owner[]
}

const OWNERS = 3
const FRAMES_EACH = 2
const NEW_OWNER: Owner = {
  step: 'waiting',
  headSeen: 0,
  tail: 0,
  counter: 0,
  frame: null,
  isCommitted: false,
  hasLeft: false,
  sent: 0,
}
const FIRST: State = {
  lease: 0,
  head: 0,
  slots: [],
  frames: [],
  owners: Array.from({ length: OWNERS }, () => NEW_OWNER),
}

/** Broken: a counter that two frames had, or an epoch that falls in the log. */
export const exploreOpening = (variant: OpeningVariant): Exploration<State> =>
  explore(
    FIRST,
    (state) => [...assign(state), ...state.owners.flatMap((owner, index) => stepsOf(state, owner, index, variant))],
    ({ frames, slots }) =>
      new Set(frames).size !== frames.length ||
      slots.some(({ epoch }, index) => epoch < (slots[index - 1]?.epoch ?? 0)),
  )

const withOwner = (state: State, index: number, change: Partial<Owner>, rest: Partial<State> = {}): State => ({
  ...state,
  ...rest,
  owners: state.owners.map((owner, at) => (at === index ? { ...owner, ...change } : owner)),
})

const assign = (state: State): State[] =>
  state.lease < OWNERS ? [withOwner(state, state.lease, { step: 'assigned' }, { lease: state.lease + 1 })] : []

const stepsOf = (state: State, owner: Owner, index: number, variant: OpeningVariant): State[] => {
  if (owner.step === 'waiting' || owner.step === 'gone') return []
  const change = (what: Partial<Owner>, rest: Partial<State> = {}) => withOwner(state, index, what, rest)
  const next = owner.step === 'live' ? liveSteps(state, owner, index, variant) : openSteps(state, owner, index, variant)
  // The last owner lives; the others may be killed at any moment.
  return index < OWNERS - 1 ? [...next, change({ step: 'gone' })] : next
}

const openSteps = (state: State, owner: Owner, index: number, variant: OpeningVariant): State[] => {
  const epoch = index + 1
  const change = (what: Partial<Owner>, rest: Partial<State> = {}) => [withOwner(state, index, what, rest)]
  switch (owner.step) {
    case 'assigned':
      if (!variant.claimsHead) return change({ step: 'claimed' })
      return change(state.head >= epoch ? { step: 'gone' } : { step: 'claiming', headSeen: state.head })
    case 'claiming':
      if (state.head !== owner.headSeen) return change({ step: 'assigned' })
      return change({ step: 'claimed' }, { head: epoch })
    case 'claimed': {
      if (state.slots.some((slot) => slot.epoch > epoch)) return change({ step: 'gone' })
      const counter = state.slots.filter((slot) => slot.counter !== null).length
      return change({ step: variant.fences ? 'read' : 'live', tail: state.slots.length, counter })
    }
    case 'read': {
      const met = state.slots[owner.tail]
      if (met && met.epoch > epoch) return change({ step: 'gone' })
      if (!met || !variant.putsIfAbsent)
        return change({ step: 'fenced', tail: owner.tail + 1 }, { slots: put(state, owner.tail, epoch, null) })
      const isRead = variant.readsWhatFenceMet && met.counter !== null
      return change({ tail: owner.tail + 1, counter: owner.counter + (isRead ? 1 : 0) })
    }
    default:
      return change({ step: variant.claimsHead && state.head !== epoch ? 'gone' : 'live' })
  }
}

const put = ({ slots }: State, at: number, epoch: number, counter: number | null): State['slots'] => {
  const copy = [...slots]
  copy[at] = { epoch, counter }
  return copy
}

const liveSteps = (state: State, owner: Owner, index: number, { gate, putsIfAbsent }: OpeningVariant): State[] => {
  const epoch = index + 1
  const { frame, tail } = owner
  const change = (what: Partial<Owner>, rest: Partial<State> = {}) => withOwner(state, index, what, rest)
  if (frame === null)
    return owner.sent === FRAMES_EACH
      ? []
      : [change({ frame: owner.counter, counter: owner.counter + 1, isCommitted: false, hasLeft: false })]
  const next: State[] = []
  if (!owner.hasLeft && (owner.isCommitted || !gate))
    next.push(change({ hasLeft: true }, { frames: [...state.frames, frame].sort() }))
  if (owner.hasLeft && owner.isCommitted) next.push(change({ frame: null, sent: owner.sent + 1 }))
  if (owner.isCommitted) return next
  const met = state.slots[tail]
  const committed = { isCommitted: true, tail: tail + 1 }
  if (!met || !putsIfAbsent) {
    const slots = put(state, tail, epoch, frame)
    // Answered, or written and the answer is lost: then it is put again.
    return [...next, change(committed, { slots }), ...(met ? [] : [change({}, { slots })])]
  }
  if (met.epoch === epoch) return [...next, change(committed)]
  return [...next, change(met.epoch > epoch ? { step: 'gone' } : { tail: tail + 1 })]
}
