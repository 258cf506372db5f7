import * as z from 'zod'
import {
  type ChatTimer,
  type ContactDecision,
  decideContact,
  type KnownContact,
  type Sighting,
} from '../core/contact-identity.ts'
import { contactIdOf } from '../core/ids.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { contactPartition } from './keys.ts'
import type { Page } from './page.ts'
import { type Item, type Leg, transact } from './table.ts'
import type { Tables } from './tables.ts'

const CONFLICT_TRIES = 8

const contactRowSchema = z.object({
  v: z.literal(1),
  contactId: z.string(),
  phone: z.string().nullable(),
  lid: z.string().nullable(),
  firstSeenAt: z.number(),
  chattedAt: z.number().nullable().default(null),
  /** the timer of the chat; absent in rows of chats that never had one */
  disappearing: z.object({ seconds: z.number(), setAt: z.number() }).optional(),
  /** the contact that this one turned out to be */
  mergedInto: z.string().nullable(),
})
export type ContactRow = z.infer<typeof contactRowSchema>

const mergeRowSchema = z.object({ v: z.literal(1), from: z.string(), into: z.string(), at: z.number() })
/** Two contacts became one; until the session's log has told it. */
export type MergeRow = z.infer<typeof mergeRowSchema>

/**
 * Contacts of a session: `C#<contact>` rows, `A#<phone or lid>` rows that lead to them, `M#<contact>` rows for merges that
 * are still to be told. An address leads to one contact at any time; a merged contact leads to the one it became.
 */
export class Contacts {
  readonly #tables: Tables
  readonly #sessionId: string
  readonly #pk: string

  constructor(tables: Tables, scope: TenantScope, sessionId: string) {
    this.#tables = tables
    this.#sessionId = sessionId
    this.#pk = contactPartition(scope, sessionId)
  }

  /** The contact of a phone or LID, consistently; null: never met. */
  async ofAddress(address: string): Promise<ContactRow | null> {
    const alias = await this.#tables.messages.get({ pk: this.#pk, sk: `A#${address}` })
    return alias ? this.get(String(alias.contactId)) : null
  }

  /** Follows merges to the contact that stands. */
  async get(contactId: string): Promise<ContactRow | null> {
    let id: string | null = contactId
    for (let hops = 0; id !== null && hops < CONFLICT_TRIES; hops++) {
      const item = await this.#tables.messages.get({ pk: this.#pk, sk: `C#${id}` })
      if (!item) return null
      const row = contactRowSchema.parse(item)
      if (row.mergedInto === null) return row
      id = row.mergedInto
    }
    return null
  }

  /**
   * These addresses were seen together, on one person. Safe to repeat: the same sighting changes nothing twice.
   * @returns the person's contact as it stands now
   */
  async meet(seen: Sighting, now: number): Promise<ContactRow> {
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const [byPhone, byLid] = await Promise.all([
        seen.phone ? this.ofAddress(seen.phone) : null,
        seen.lid ? this.ofAddress(seen.lid) : null,
      ])
      const decision = decideContact(seen, byPhone, byLid)
      if (decision.kind === 'known') {
        const known = byLid ?? byPhone
        if (known) return known
      }
      const { contact, legs } = this.#apply(decision, seen, now)
      const result = await transact(this.#tables.client, legs)
      if (result.outcome === 'written') return contact
      // Somebody met them at the same moment (a zombie, or this session itself): look again.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt))
    }
    throw new Error(`a contact of ${this.#sessionId} changed ${CONFLICT_TRIES} times while it was met`)
  }

  /** There is a chat with this contact from now on; once. */
  async markChatted(contactId: string, at: number): Promise<void> {
    await this.#tables.messages.update(
      { pk: this.#pk, sk: `C#${contactId}` },
      { expression: 'SET #chattedAt = :at', values: { ':at': at } },
      { expression: 'attribute_exists(pk) AND attribute_type(#chattedAt, :null)', values: { ':null': 'NULL' } },
    )
  }

  /** The chat with this contact has this timer, unless one that was set later is known. */
  async setTimer(contactId: string, timer: ChatTimer): Promise<void> {
    await this.#tables.messages.update(
      { pk: this.#pk, sk: `C#${contactId}` },
      { expression: 'SET #disappearing = :timer', values: { ':timer': timer } },
      {
        expression: 'attribute_exists(pk) AND (attribute_not_exists(#disappearing) OR #disappearing.#setAt <= :setAt)',
        values: { ':setAt': timer.setAt },
      },
    )
  }

  /** Contacts that stand, by id; those that turned out to be another one are left out. A page may hold fewer. */
  async list(input: { limit: number; after?: Item | undefined }): Promise<Page<ContactRow>> {
    const page = await this.#tables.messages.query({
      key: { expression: '#pk = :pk AND begins_with(#sk, :contact)', values: { ':pk': this.#pk, ':contact': 'C#' } },
      filter: { expression: 'attribute_type(#mergedInto, :null)', values: { ':null': 'NULL' } },
      limit: input.limit,
      after: input.after,
    })
    return { items: page.items.map((item) => contactRowSchema.parse(item)), next: page.lastKey }
  }

  /** Merges whose events are not in the log yet. */
  async listMerges(limit: number): Promise<MergeRow[]> {
    const page = await this.#tables.messages.query({
      key: {
        expression: '#pk = :pk AND begins_with(#sk, :merge)',
        values: { ':pk': this.#pk, ':merge': 'M#' },
      },
      limit,
    })
    return page.items.map((item) => mergeRowSchema.parse(item))
  }

  async dropMerge(from: string): Promise<void> {
    await this.#tables.messages.remove({ pk: this.#pk, sk: `M#${from}` })
  }

  #apply(decision: ContactDecision, seen: Sighting, now: number): { contact: ContactRow; legs: Leg[] } {
    switch (decision.kind) {
      case 'known':
        throw new Error('a known contact needs no change')
      case 'create': {
        const contact: ContactRow = {
          v: 1,
          contactId: this.#newId(seen, decision.isRecycled),
          ...seen,
          firstSeenAt: now,
          chattedAt: null,
          mergedInto: null,
        }
        const isNew = { expression: 'attribute_not_exists(pk)' }
        return {
          contact,
          legs: [
            { table: this.#table, put: { pk: this.#pk, sk: `C#${contact.contactId}`, ...contact }, condition: isNew },
            ...this.#aliasLegs(contact, decision.loser?.contactId ?? null),
            ...this.#loserLegs(decision.loser),
          ],
        }
      }
      case 'extend': {
        const contact: ContactRow = { v: 1, ...decision.contact, mergedInto: null }
        return {
          contact,
          legs: [
            this.#replaceLeg(contact),
            ...this.#aliasLegs(contact, decision.loser?.contactId ?? null),
            ...this.#loserLegs(decision.loser),
          ],
        }
      }
      case 'merge': {
        const contact: ContactRow = { v: 1, ...decision.into, mergedInto: null }
        const { contactId: from } = decision.from
        const merge: MergeRow = { v: 1, from, into: contact.contactId, at: now }
        return {
          contact,
          legs: [
            this.#replaceLeg(contact),
            this.#replaceLeg({ v: 1, ...decision.from, mergedInto: contact.contactId }),
            ...this.#aliasLegs(contact, from),
            { table: this.#table, put: { pk: this.#pk, sk: `M#${from}`, ...merge } },
          ],
        }
      }
    }
  }

  /** From the number when there is one, so that the API knows the id before anybody met the contact. */
  #newId({ phone, lid }: Sighting, isRecycled: boolean): string {
    const first = phone ? `${phone.slice(1)}@s.whatsapp.net` : (lid ?? '')
    return contactIdOf(this.#sessionId, isRecycled ? `${first}#${lid}` : first)
  }

  /** Only while the contact is not merged away. */
  #replaceLeg(row: ContactRow): Leg {
    return {
      table: this.#table,
      put: { pk: this.#pk, sk: `C#${row.contactId}`, ...row },
      condition: { expression: 'attribute_type(#mergedInto, :null)', values: { ':null': 'NULL' } },
    }
  }

  /** Each address leads here: it did before, led nowhere, or to the one that loses it. */
  #aliasLegs({ contactId, phone, lid }: ContactRow, loser: string | null): Leg[] {
    return [phone, lid]
      .filter((address) => address !== null)
      .map((address) => ({
        table: this.#table,
        put: { pk: this.#pk, sk: `A#${address}`, v: 1, contactId },
        condition: {
          expression: `attribute_not_exists(pk) OR #contactId = :mine${loser ? ' OR #contactId = :loser' : ''}`,
          values: { ':mine': contactId, ...(loser ? { ':loser': loser } : {}) },
        },
      }))
  }

  #loserLegs(loser: KnownContact | null): Leg[] {
    return loser ? [this.#replaceLeg({ v: 1, ...loser, phone: null, mergedInto: null })] : []
  }

  get #table(): string {
    return this.#tables.messages.name
  }
}
