import type { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'

/** What the server expects an answer to; it sends nothing behind one that has none (baileys-facts §1.5). */
const ANSWERED_TAGS = ['message', 'receipt', 'notification', 'call', 'status'] as const

export interface UnansweredStanza {
  readonly stanza: BinaryNode
  /** monotonic milliseconds */
  readonly since: number
}

interface Waiting extends UnansweredStanza {
  readonly lane: Lane
  readonly order: number
}

/** Stanzas of one kind are worked on one after the other; those of the offline queue beside those that come live. */
interface Lane {
  /** highest order that was answered */
  answered: number
  answeredAt: number
}

/** A flood must not become memory; the oldest are the ones that matter. */
const STANZAS_MAX = 5_000

/** Stanzas that came and to which neither ack nor receipt was handed over yet. */
export class UnansweredStanzas {
  readonly #waiting = new Map<string, Waiting>()
  readonly #lanes = new Map<string, Lane>()
  #order = 0

  get size(): number {
    return this.#waiting.size
  }

  received({ tag, attrs }: BinaryNode, now: number): void {
    const { id, offline } = attrs
    // without its content: thousands of pictures must not be held for their acks
    const stanza = { tag, attrs }
    if (!id || this.#waiting.size >= STANZAS_MAX) return
    const name = `${tag} ${offline ? 'offline' : 'live'}`
    const lane = this.#lanes.get(name) ?? { answered: 0, answeredAt: 0 }
    this.#lanes.set(name, lane)
    this.#waiting.set(`${tag} ${id}`, { stanza, since: now, lane, order: ++this.#order })
  }

  answered(tag: string, id: string | undefined, now: number): void {
    const name = `${tag} ${id}`
    const waiting = this.#waiting.get(name)
    if (!waiting) return
    this.#waiting.delete(name)
    waiting.lane.answered = Math.max(waiting.lane.answered, waiting.order)
    waiting.lane.answeredAt = now
  }

  /**
   * Those that nothing happens to for longer than this, oldest first. In a long queue that moves on the last one waits
   * for its turn, not for an answer: only what was passed over, or stands in a queue that stands still, is stuck.
   */
  stuckFor(ageMs: number, now: number): UnansweredStanza[] {
    return [...this.#waiting.values()].filter(({ since, lane, order }) => {
      const isPassedOver = order < lane.answered
      return now - (isPassedOver ? since : Math.max(since, lane.answeredAt)) >= ageMs
    })
  }
}

interface AnswerFields {
  readonly recv?: { readonly tag?: unknown; readonly attrs?: { readonly id?: string } }
  readonly messageIds?: unknown
}

/**
 * The library tells nobody what it answers, but it says so to its log: `sent ack` with what it received, `sending receipt
 * for messages` with the ids. A test of ours with the real library fails when a version stops to.
 */
export const answersIn = (fields: unknown): { tag: string; id: string | undefined }[] => {
  if (typeof fields !== 'object' || fields === null) return []
  const { recv, messageIds } = fields as AnswerFields
  if (typeof recv?.tag === 'string') return [{ tag: recv.tag, id: recv.attrs?.id }]
  return Array.isArray(messageIds) ? messageIds.map((id) => ({ tag: 'message', id: String(id) })) : []
}

/** @param frames the library's frame emitter */
export const watchStanzas = (frames: EventEmitter, unanswered: UnansweredStanzas): void => {
  for (const tag of ANSWERED_TAGS)
    frames.prependListener(`CB:${tag}`, (stanza: BinaryNode) => unanswered.received(stanza, performance.now()))
}

/** The plainest answer there is: the server takes the stanza off its queue. */
export const plainAckOf = ({ tag, attrs }: BinaryNode): BinaryNode => {
  const { id = '', from = '', type, participant } = attrs
  return {
    tag: 'ack',
    attrs: {
      id,
      to: from,
      class: tag,
      ...(type && tag !== 'message' ? { type } : {}),
      ...(participant ? { participant } : {}),
    },
  }
}
