import { createHash } from 'node:crypto'
import { type ChatTimer, laterTimer, type Sighting } from '../../shared/core/contact-identity.ts'
import { type ContactRow, Contacts } from '../../shared/store/contacts.ts'
import type { Address } from '../../shared/store/rows/message.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import { addressOf } from './addresses.ts'
import type { Journal } from './journal.ts'
import type { SessionContext } from './session-context.ts'

const REMEMBERED = 5_000
const MERGES_PER_READ = 100

/** Who is who for one session: contacts behind phone numbers and LIDs, remembered so that a chat costs one look. */
export class ContactBook {
  readonly #context: SessionContext
  readonly #contacts: Contacts
  /** address → contact, oldest use first */
  readonly #remembered = new Map<string, ContactRow>()
  #hasMerged = false

  constructor(context: SessionContext) {
    this.#context = context
    this.#contacts = new Contacts(context.services.tables, context.scope, context.sessionId)
  }

  /** The contact behind addresses that belong to one person; met now if never before. @param at epoch milliseconds */
  async identify(seen: Sighting, at: number): Promise<ContactRow> {
    const known = this.#recall(seen.lid) ?? this.#recall(seen.phone)
    if (known && (seen.phone === null || known.phone === seen.phone) && (seen.lid === null || known.lid === seen.lid))
      return known
    const contact = await this.#contacts.meet(seen, at)
    // Two remembered contacts became one, or an address moved.
    if (known && known.contactId !== contact.contactId) this.#remembered.clear()
    if (seen.phone !== null && seen.lid !== null) this.#hasMerged = true
    for (const address of [contact.phone, contact.lid]) if (address) this.#remember(address, contact)
    return contact
  }

  /**
   * The address of somebody who may never have been met: nothing is written. While DynamoDB is away it is what the
   * addresses alone say: its contact id leads to the same contact, also after a merge.
   */
  async addressOf(jid: string, known: Sighting): Promise<Address> {
    const address = addressOf(this.#context.sessionId, jid, known)
    if (address.kind !== 'user') return address
    const contact =
      this.#recall(address.lid) ??
      this.#recall(address.phone) ??
      (await this.#find(address).catch((error) => {
        this.#context.log.warn({ error: String(error) }, 'a contact could not be read, its address stands alone')
        return null
      }))
    if (!contact) return address
    const { contactId, phone, lid } = contact
    return { ...address, contactId, phone: address.phone ?? phone, lid: address.lid ?? lid }
  }

  async #find({ phone, lid }: Sighting): Promise<ContactRow | null> {
    const contact =
      (lid ? await this.#contacts.ofAddress(lid) : null) ?? (phone ? await this.#contacts.ofAddress(phone) : null)
    for (const address of [contact?.phone, contact?.lid]) if (contact && address) this.#remember(address, contact)
    return contact
  }

  /** Is there a chat: did they write, or did WhatsApp take a message for them? */
  async hasChat(address: string): Promise<boolean> {
    const contact = this.#recall(address) ?? (await this.#contacts.ofAddress(address))
    if (contact) this.#remember(address, contact)
    return contact !== null && contact.chattedAt !== null
  }

  /** After how long messages to this person disappear; 0: they stay. */
  async timerSecondsOf({ phone, lid }: Sighting): Promise<number> {
    const contact = this.#recall(lid) ?? this.#recall(phone) ?? (await this.#find({ phone, lid }))
    return contact?.disappearing?.seconds ?? 0
  }

  /** Somebody spoke of the chat's timer. Written when it says something new. */
  async noteTimer(contact: ContactRow, timer: ChatTimer): Promise<void> {
    const disappearing = laterTimer(contact.disappearing, timer)
    if (!disappearing || disappearing === contact.disappearing) return
    // Every message repeats the timer: only another one is news.
    if (contact.disappearing?.seconds === timer.seconds && timer.seconds > 0) return
    await this.#contacts.setTimer(contact.contactId, timer)
    const standing = this.#recall(contact.lid) ?? this.#recall(contact.phone)
    this.#amend(contact, { disappearing: laterTimer(standing?.disappearing, timer) })
  }

  /** There is a chat with this contact now. Written once per contact. */
  async markChatted(contact: ContactRow, at: number): Promise<void> {
    if (contact.chattedAt !== null) return
    await this.#contacts.markChatted(contact.contactId, at)
    this.#amend(contact, { chattedAt: at })
  }

  /**
   * Merges become `contact.merged` events: journaled once by their identity, forgotten when their rows stand.
   * @param isForced look although nothing was merged here: an owner before us may have left one untold
   */
  async tellMerges(
    input: { sessionLog: SessionLog; journal: Journal; settled: () => Promise<void> },
    isForced: boolean,
  ): Promise<void> {
    if (!this.#hasMerged && !isForced) return
    this.#hasMerged = false
    for (;;) {
      const merges = await this.#contacts.listMerges(MERGES_PER_READ)
      if (merges.length === 0) return
      for (const { from, into } of merges) {
        const identityHash = mergeIdentity(this.#context.sessionId, from, into)
        if (input.sessionLog.state.hasIdentity(identityHash)) continue
        const contact = await this.#contacts.get(into)
        const data = {
          contact: contact && { contactId: contact.contactId, phone: contact.phone, lid: contact.lid },
          mergedContactId: from,
        }
        input.journal.note('contact.merged', identityHash, data)
      }
      await input.settled()
      // Projected or not: once it is in the log, whoever owns the session next will tell it.
      await input.sessionLog.durable(input.sessionLog.lastLsn)
      await Promise.all(merges.map(({ from }) => this.#contacts.dropMerge(from)))
    }
  }

  /** What was learnt of a contact joins what others learnt of it meanwhile. */
  #amend(contact: ContactRow, change: Partial<ContactRow>): void {
    for (const address of [contact.phone, contact.lid])
      if (address) this.#remember(address, { ...contact, ...this.#recall(address), ...change })
  }

  #recall(address: string | null): ContactRow | undefined {
    return address === null ? undefined : this.#remembered.get(address)
  }

  #remember(address: string, contact: ContactRow): void {
    this.#remembered.delete(address)
    this.#remembered.set(address, contact)
    if (this.#remembered.size > REMEMBERED) this.#remembered.delete(this.#remembered.keys().next().value as string)
  }
}

const mergeIdentity = (sessionId: string, from: string, into: string): string =>
  createHash('sha256').update(`${sessionId}#merge#${from}#${into}`).digest().subarray(0, 16).toString('base64')
