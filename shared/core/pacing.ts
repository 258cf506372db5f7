import { createHash } from 'node:crypto'

export const PACING_POLICIES = ['human', 'steady', 'none'] as const
export type PacingPolicy = (typeof PACING_POLICIES)[number]

/** Local time of day, in minutes from midnight; may reach over midnight (22:00 to 07:00). */
export interface QuietHours {
  readonly fromMinute: number
  readonly toMinute: number
  readonly utcOffsetMinutes: number
}

export interface PacingSettings {
  readonly policy: PacingPolicy
  readonly quietHours: QuietHours | null
}

/** Numbers of a policy. Gaps are drawn between min and max, evenly. */
interface Rates {
  readonly gapMs: readonly [min: number, max: number]
  /** messages that may go without a gap after a pause */
  readonly burst: number
  /** between two messages to the same recipient */
  readonly chatGapMs: readonly [min: number, max: number]
  readonly warmsUp: boolean
}

const RATES: Readonly<Record<Exclude<PacingPolicy, 'none'>, Rates>> = {
  human: { gapMs: [1_500, 4_000], burst: 5, chatGapMs: [3_000, 5_000], warmsUp: true },
  steady: { gapMs: [1_000, 1_000], burst: 5, chatGapMs: [1_000, 1_000], warmsUp: true },
}

const DAY_MS = 24 * 3_600_000
const MINUTE_MS = 60_000
const FIRST_DAYS = 3
const FIRST_DAYS_CHATS = 20
const GROWTH = 1.5
const CHATS_MAX = 200

/**
 * How many new chats a number may open per day: 20 on each of its first three days, then half as many again each day, up
 * to 200. A chat is new when this session neither sent to it nor heard from it before.
 * @param age milliseconds since the phone was linked
 */
export const newChatsPerDay = (age: number): number => {
  const day = Math.floor(Math.max(age, 0) / DAY_MS)
  if (day < FIRST_DAYS) return FIRST_DAYS_CHATS
  return Math.min(CHATS_MAX, Math.floor(FIRST_DAYS_CHATS * GROWTH ** (day - FIRST_DAYS + 1)))
}

export interface PacingState {
  /** when the next message may go without being part of a burst; the schedule of the account */
  readonly accountAt: number
  /** chat → when its next message may go */
  readonly chatsAt: ReadonlyMap<string, number>
  /** UTC day of the counter, and new chats opened on it */
  readonly day: string
  readonly newChats: number
  /** messages admitted so far: the position in the seeded sequence of jitters */
  readonly count: number
}

export const NEW_PACING: PacingState = { accountAt: 0, chatsAt: new Map(), day: '', newChats: 0, count: 0 }

export type PacingReason = 'gap' | 'chatGap' | 'quietHours' | 'warmUp' | 'restriction'

export interface PacingRequest {
  readonly settings: PacingSettings
  readonly state: PacingState
  /** makes the jitter: same seed and count, same gap */
  readonly seed: string
  readonly chat: string
  readonly isNewChat: boolean
  /** its first message was admitted already: it counts once for the warm-up */
  readonly isCounted?: boolean
  /** when the phone was linked; null: unknown, an old number */
  readonly linkedAt: number | null
  /** no new chats before this moment (WhatsApp said so); 0: no restriction */
  readonly newChatsFrom: number
  readonly now: number
}

export type Pace =
  /** may go now; `state` counts it */
  | { readonly admitted: true; readonly state: PacingState }
  /** not before then; nothing was counted */
  | { readonly admitted: false; readonly notBefore: number; readonly because: PacingReason }

/** May this message go now? Pure: time, randomness and everything known come as arguments. */
export const pace = (request: PacingRequest): Pace => {
  const { settings, state, chat, now } = request
  const isNewChat = request.isNewChat && !request.isCounted
  if (request.isNewChat && request.newChatsFrom > now)
    return { admitted: false, notBefore: request.newChatsFrom, because: 'restriction' }
  if (settings.policy === 'none') return { admitted: true, state: { ...state, count: state.count + 1 } }
  const rates = RATES[settings.policy]
  const quietUntil = settings.quietHours ? endOfQuiet(settings.quietHours, now) : now
  if (quietUntil > now) return { admitted: false, notBefore: quietUntil, because: 'quietHours' }
  const day = dayOf(now)
  const newChats = state.day === day ? state.newChats : 0
  const limit = request.linkedAt === null ? CHATS_MAX : newChatsPerDay(now - request.linkedAt)
  if (isNewChat && rates.warmsUp && newChats >= limit)
    return { admitted: false, notBefore: startOfNextDay(now), because: 'warmUp' }
  const chatAt = state.chatsAt.get(chat) ?? 0
  if (chatAt > now) return { admitted: false, notBefore: chatAt, because: 'chatGap' }
  const gap = drawn(rates.gapMs, request.seed, state.count, 'gap')
  // A token bucket written as a schedule: it may lie in the past by as much as the burst is worth.
  const earliest = now - (rates.burst - 1) * mean(rates.gapMs)
  const accountAt = Math.max(state.accountAt, earliest)
  if (accountAt > now) return { admitted: false, notBefore: accountAt, because: 'gap' }
  const chatsAt = new Map([...state.chatsAt].filter(([, at]) => at > now))
  chatsAt.set(chat, now + drawn(rates.chatGapMs, request.seed, state.count, 'chat'))
  return {
    admitted: true,
    state: {
      accountAt: accountAt + gap,
      chatsAt,
      day,
      newChats: newChats + (isNewChat ? 1 : 0),
      count: state.count + 1,
    },
  }
}

const mean = ([min, max]: readonly [number, number]): number => (min + max) / 2

/** A whole number of milliseconds in [min, max], always the same for the same seed, count and purpose. */
const drawn = ([min, max]: readonly [number, number], seed: string, count: number, purpose: string): number => {
  if (min === max) return min
  const digest = createHash('sha256').update(`${seed}\0${purpose}\0${count}`).digest()
  return min + (digest.readUInt32BE(0) % (max - min + 1))
}

/** When the quiet hours that cover this moment end; the moment itself when none do. */
const endOfQuiet = ({ fromMinute, toMinute, utcOffsetMinutes }: QuietHours, now: number): number => {
  if (fromMinute === toMinute) return now
  const local = now + utcOffsetMinutes * MINUTE_MS
  const midnight = Math.floor(local / DAY_MS) * DAY_MS
  const minute = (local - midnight) / MINUTE_MS
  const isOverMidnight = fromMinute > toMinute
  const isQuiet = isOverMidnight ? minute >= fromMinute || minute < toMinute : minute >= fromMinute && minute < toMinute
  if (!isQuiet) return now
  const endsTomorrow = isOverMidnight && minute >= fromMinute
  return midnight + (endsTomorrow ? DAY_MS : 0) + toMinute * MINUTE_MS - utcOffsetMinutes * MINUTE_MS
}

const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10)
const startOfNextDay = (now: number): number => (Math.floor(now / DAY_MS) + 1) * DAY_MS
