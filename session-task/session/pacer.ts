import { NEW_PACING, type Pace, type PacingSettings, type PacingState, pace } from '../../shared/core/pacing.ts'
import { pacingOf } from '../../shared/core/pacing-setting.ts'
import type { OpenRow } from '../../shared/store/rows.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import type { ContactBook } from './contact-book.ts'
import type { SessionContext } from './session-context.ts'
import type { Standing } from './standing.ts'

const PERSON = /^\+|@lid$/
const OPENED_MAX = 1_000

export type Admission = Pace & { readonly isNewChat: boolean }

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

  /** May this message go now? What is admitted is counted. */
  async admit(open: OpenRow, now: number): Promise<Admission> {
    const settings = this.#settings(now)
    if (!this.#state) await this.#load(settings)
    // Groups and rows of older versions name no person: nobody is met by them.
    const person = open.chat && PERSON.test(open.chat) ? open.chat : null
    const isNewChat = person !== null && !(await this.#book.hasChat(person))
    const answer = pace({
      settings,
      state: this.#state ?? NEW_PACING,
      seed: this.#context.sessionId,
      chat: open.chat ?? open.messageId,
      isNewChat,
      isCounted: person !== null && this.#opened.has(person),
      linkedAt: this.#standing.row?.linkedAt ?? null,
      newChatsFrom: this.#standing.restriction?.until ?? 0,
      now,
    })
    if (!answer.admitted) return { ...answer, isNewChat }
    const isCount = answer.state.newChats > 0 && answer.state.newChats !== this.#state?.newChats
    this.#state = answer.state
    if (isNewChat) this.#open(person)
    if (isCount) {
      const { day, newChats } = answer.state
      await this.#sessions.putPacing(this.#context.sessionId, { day, newChats })
    }
    return { ...answer, isNewChat }
  }

  /** Counted once, however many messages go to it before WhatsApp answers the first. */
  #open(person: string | null): void {
    if (person === null) return
    this.#opened.add(person)
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
