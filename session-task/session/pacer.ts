import { NEW_PACING, type Pace, type PacingSettings, type PacingState, pace } from '../../shared/core/pacing.ts'
import { pacingOf } from '../../shared/core/pacing-setting.ts'
import type { OpenRow } from '../../shared/store/rows/message.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import type { ContactBook } from './contact-book.ts'
import type { SessionContext } from './session-context.ts'
import type { Standing } from './standing.ts'

const PERSON = /^\+|@lid$/
const OPENED_MAX = 1_000

/** The pace of one session: its setting, what was sent lately, and new chats opened today, which outlive the worker. */
export class Pacer {
  readonly #context: SessionContext
  readonly #standing: Standing
  readonly #book: ContactBook
  readonly #sessions: Sessions
  readonly #opened = new Set<string>()
  #state: PacingState | null = null

  constructor(input: { context: SessionContext; standing: Standing; book: ContactBook }) {
    this.#context = input.context
    this.#standing = input.standing
    this.#book = input.book
    this.#sessions = new Sessions(input.context.services.tables, input.context.scope)
  }

  /** Would this be the first message in its chat? Groups, and rows of older versions, open no chat. */
  async isNewChat({ chat }: OpenRow): Promise<boolean> {
    return chat !== undefined && PERSON.test(chat) && !(await this.#book.hasChat(chat))
  }

  /** May this message go now? What is admitted is counted. */
  async admit({ chat, messageId }: OpenRow, isNewChat: boolean, now: number): Promise<Pace> {
    const settings = this.#settings(now)
    if (!this.#state) await this.#load(settings)
    const before = this.#state ?? NEW_PACING
    const answer = pace({
      settings,
      state: before,
      seed: this.#context.sessionId,
      chat: chat ?? messageId,
      isNewChat,
      isCounted: chat !== undefined && this.#opened.has(chat),
      linkedAt: this.#standing.row?.linkedAt ?? null,
      newChatsFrom: this.#standing.restriction?.until ?? 0,
      now,
    })
    if (!answer.admitted) return answer
    this.#state = answer.state
    if (isNewChat && chat !== undefined) this.#open(chat)
    const { day, newChats } = answer.state
    if (newChats > 0 && (newChats !== before.newChats || day !== before.day))
      await this.#sessions.putPacing(this.#context.sessionId, { day, newChats })
    return answer
  }

  /** Counted once, however many messages go to it before WhatsApp answers the first. */
  #open(chat: string): void {
    this.#opened.add(chat)
    if (this.#opened.size > OPENED_MAX) this.#opened.delete(this.#opened.values().next().value as string)
  }

  #settings(now: number): PacingSettings {
    return pacingOf(this.#standing.row?.pacing ?? null, this.#context.scope.mode, now)
  }

  async #load({ policy }: PacingSettings): Promise<void> {
    const stored = policy === 'none' ? null : await this.#sessions.getPacing(this.#context.sessionId)
    this.#state ??= { ...NEW_PACING, ...stored }
  }
}
