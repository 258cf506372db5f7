import { NEW_PACING, type Pace, type PacingSettings, type PacingState, pace } from '../../shared/core/pacing.ts'
import { pacingOf } from '../../shared/core/pacing-setting.ts'
import type { OpenRow } from '../../shared/store/rows.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import type { ContactBook } from './contact-book.ts'
import type { SessionContext } from './session-context.ts'
import type { Standing } from './standing.ts'

/** The pace of one session: its setting, what was sent lately, and new chats opened today, which outlive the worker. */
export class Pacer {
  readonly #context: SessionContext
  readonly #standing: Standing
  readonly #book: ContactBook
  readonly #sessions: Sessions
  #state: PacingState | null = null

  constructor(input: { context: SessionContext; standing: Standing; book: ContactBook }) {
    this.#context = input.context
    this.#standing = input.standing
    this.#book = input.book
    this.#sessions = new Sessions(input.context.services.tables, input.context.scope)
  }

  /** May this message go now? What is admitted is counted. */
  async admit(open: OpenRow, now: number): Promise<Pace> {
    const settings = this.#settings(now)
    const newChatsFrom = this.#standing.row?.restriction?.until ?? 0
    const state = this.#state ?? (await this.#load(settings))
    // Groups and rows of older versions name no person: nobody is met by them.
    const person = open.chat && /^\+|@lid$/.test(open.chat) ? open.chat : null
    const asks = settings.policy !== 'none' || newChatsFrom > now
    const isNewChat = asks && person !== null && !(await this.#book.isKnown(person))
    const answer = pace({
      settings,
      state: this.#state ?? state,
      seed: this.#context.sessionId,
      chat: open.chat ?? open.messageId,
      isNewChat,
      linkedAt: this.#standing.row?.linkedAt ?? null,
      newChatsFrom,
      now,
    })
    if (!answer.admitted) return answer
    this.#state = answer.state
    if (isNewChat && person !== null) {
      await this.#book.identify(
        { phone: /^\+/.test(person) ? person : null, lid: /@lid$/.test(person) ? person : null },
        now,
      )
      const { day, newChats } = answer.state
      await this.#sessions.putPacing(this.#context.sessionId, { day, newChats })
    }
    return answer
  }

  #settings(now: number): PacingSettings {
    return pacingOf(this.#standing.row?.pacing ?? null, this.#context.scope.mode, now)
  }

  async #load({ policy }: PacingSettings): Promise<PacingState> {
    const stored = policy === 'none' ? null : await this.#sessions.getPacing(this.#context.sessionId)
    const state = this.#state ?? { ...NEW_PACING, ...stored }
    this.#state = state
    return state
  }
}
