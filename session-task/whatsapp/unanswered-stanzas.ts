import type { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'

/** What the server expects an answer to; it sends nothing behind one that has none (baileys-facts §1.5). */
export const ANSWERED_TAGS = ['message', 'receipt', 'notification', 'call', 'status'] as const

export interface UnansweredStanza {
  readonly stanza: BinaryNode
  /** monotonic milliseconds */
  readonly since: number
}

/** A flood must not become memory; the oldest are the ones that matter. */
const STANZAS_MAX = 5_000

/** Stanzas that came and to which neither ack nor receipt was handed over yet. */
export class UnansweredStanzas {
  readonly #waiting = new Map<string, UnansweredStanza>()

  get size(): number {
    return this.#waiting.size
  }

  received(stanza: BinaryNode, now: number): void {
    const { id } = stanza.attrs
    if (id && this.#waiting.size < STANZAS_MAX) this.#waiting.set(`${stanza.tag} ${id}`, { stanza, since: now })
  }

  answered(tag: string, id: string | undefined): void {
    this.#waiting.delete(`${tag} ${id}`)
  }

  /** Those that wait for longer than this, oldest first. */
  olderThan(ageMs: number, now: number): UnansweredStanza[] {
    return [...this.#waiting.values()].filter(({ since }) => now - since >= ageMs)
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
