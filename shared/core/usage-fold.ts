/** One event of a session, as far as usage counts it. */
export interface CountedEvent {
  readonly sequence: number
  readonly type: string
  /** epoch milliseconds */
  readonly timestamp: number
  /** of `message.*` events: direction, type and size of its media */
  readonly message: {
    readonly direction: string
    readonly type: string
    readonly mediaBytes: number
    /** of a message that we sent: how it had ended until then; null: not yet; absent: nobody noted it */
    readonly after?: EndedStatus | null | undefined
  } | null
}

/** A receipt proves what is left of it, also when nothing told that: read means delivered and sent. */
const STEPS = ['sent', 'delivered', 'read', 'played'] as const
export const ENDED_STATUSES = ['failed', 'unknown', ...STEPS] as const
export type EndedStatus = (typeof ENDED_STATUSES)[number]

/** What an event says of a message that nothing said before. */
const newOutcomes = (name: string, after: EndedStatus | null | undefined): readonly string[] => {
  const steps: readonly (string | null)[] = STEPS
  const step = steps.indexOf(name)
  if (step === -1 || after === undefined) return [name]
  return STEPS.slice(steps.indexOf(after) + 1, step + 1)
}

interface MessageData {
  readonly message?: { readonly direction?: string; readonly type?: string; readonly [type: string]: unknown }
}

/** What usage counts of an event with this data; null: it tells of no message, or of one that nobody could read. */
export const countedMessageOf = (eventType: string, data: unknown): CountedEvent['message'] => {
  if (!eventType.startsWith('message.')) return null
  const message = (data as MessageData | null)?.message
  if (!message?.direction || !message.type) return null
  const content = message[message.type] as { readonly sizeBytes?: unknown } | null | undefined
  const mediaBytes = typeof content?.sizeBytes === 'number' ? content.sizeBytes : 0
  return { direction: message.direction, type: message.type, mediaBytes }
}

/** How far the events of a session are counted, and whether it was connected there. */
export interface FoldState {
  readonly afterSequence: number
  readonly connectedSince: number | null
  readonly lastEventAt: number | null
}
export const EMPTY_FOLD: FoldState = { afterSequence: 0, connectedSince: null, lastEventAt: null }

/** `messages.<direction>.<type>.<outcome>`, `corrected.<direction>`, `mediaBytes`, `connectedMs` → amount */
export type Counters = Record<string, number>
/** UTC day → what it adds */
export type CountersByDay = Record<string, Counters>

const DAY_MS = 86_400_000
const MESSAGE_OUTCOMES = new Set(['sent', 'delivered', 'read', 'played', 'failed', 'unknown', 'received'])
/** After these a session is not connected. A reconnect in between is a new session.connected. */
const DISCONNECTING = new Set([
  'session.disconnected',
  'session.loggedOut',
  'session.failed',
  'session.restricted',
  'session.moved',
  'session.deleted',
])

export const dayOfTime = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10)

const add = (days: CountersByDay, day: string, name: string, amount: number): void => {
  days[day] ??= {}
  days[day][name] = (days[day][name] ?? 0) + amount
}

/** Connected time from `since` to `until`, cut at midnight UTC. */
export const addConnected = (days: CountersByDay, since: number, until: number): void => {
  for (let from = since; from < until; ) {
    const midnight = (Math.floor(from / DAY_MS) + 1) * DAY_MS
    const to = Math.min(midnight, until)
    add(days, dayOfTime(from), 'connectedMs', to - from)
    from = to
  }
}

/**
 * Counts events of one session in order. Pure: the same state and events give the same counts, events at or below
 * `afterSequence` count nothing. A session whose worker died without a word counts as connected until its last event.
 */
export const foldEvents = (
  state: FoldState,
  events: readonly CountedEvent[],
): { readonly state: FoldState; readonly days: CountersByDay } => {
  const days: CountersByDay = {}
  let { afterSequence, connectedSince, lastEventAt } = state
  for (const event of events) {
    if (event.sequence <= afterSequence) continue
    afterSequence = event.sequence
    const [area, name = ''] = event.type.split('.')
    if (area === 'message' && event.message && MESSAGE_OUTCOMES.has(name)) {
      const { direction, type, mediaBytes, after } = event.message
      const day = dayOfTime(event.timestamp)
      const outcomes = newOutcomes(name, after)
      for (const outcome of outcomes) add(days, day, `messages.${direction}.${type}.${outcome}`, 1)
      if (mediaBytes > 0 && (outcomes.includes('sent') || name === 'received')) add(days, day, 'mediaBytes', mediaBytes)
      // It failed, or nobody knew, and was counted as that; now it is counted as something else too.
      if (after === 'failed' || after === 'unknown') add(days, day, `corrected.${direction}`, 1)
    }
    const connects = event.type === 'session.connected'
    if (connectedSince !== null && (connects || DISCONNECTING.has(event.type))) {
      addConnected(days, connectedSince, connects ? (lastEventAt ?? connectedSince) : event.timestamp)
      connectedSince = null
    }
    if (connects) connectedSince = event.timestamp
    lastEventAt = Math.max(lastEventAt ?? 0, event.timestamp)
  }
  return { state: { afterSequence, connectedSince, lastEventAt }, days }
}

export const mergeCounters = (a: Counters, b: Counters): Counters => {
  const merged = { ...a }
  for (const [name, amount] of Object.entries(b)) merged[name] = (merged[name] ?? 0) + amount
  return merged
}
