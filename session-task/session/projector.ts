import { fullJitterMs } from '../../shared/core/backoff.ts'
import { Events, refOf } from '../../shared/store/events.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import type { SequencedRecord } from '../auth-log/records.ts'
import { LogLostError, type SessionLog } from '../auth-log/session-log.ts'
import { CHAT_TIMER } from '../whatsapp/content/read-content.ts'
import { ownAddress } from './addresses.ts'
import type { ContactBook } from './contact-book.ts'
import { type NextBatch, nextBatch } from './next-batch.ts'
import { isPermanent, projectUnprocessable, TRIES_MAX } from './poison.ts'
import { projectRecord } from './project-record.ts'
import type { SessionContext } from './session-context.ts'

/** Undone records that a session may hold while DynamoDB is away (protocol §3, H10). */
const UNDONE_LIMIT = { records: 5_000, bytes: 16 * 1024 * 1024 }
const CALLS_PER_WEIGHING = 50
const RETRY_BASE_MS = 200
const RETRY_CAP_MS = 10_000

/** Another event has this sequence: the session must stop, somebody must look (protocol §5). */
class SequenceClashError extends Error {
  override readonly name = 'SequenceClashError'
}

/**
 * Turns sequenced records into rows, in order, once they are durable; the same code for live records and for those that
 * an earlier owner left undone. What it has to do is read from the log's own state, so nothing can be forgotten.
 */
export class Projector {
  readonly #context: SessionContext
  readonly #sessionLog: SessionLog
  readonly #own: () => { phone: string | null; lid: string | null }
  readonly #book: ContactBook
  readonly #beforeDone: (records: readonly SequencedRecord[]) => Promise<void>
  readonly #onProjected: (records: readonly SequencedRecord[]) => void
  readonly #onBroken: (error: Error) => void
  readonly #onBackpressure: () => void
  #running: Promise<void> | null = null
  #isStopped = false
  #wake: (() => void) | null = null
  readonly #limit: { readonly records: number; readonly bytes: number }
  #weighings = 0
  #isReplay = false
  /** rows up to here are written one by one */
  #suspectUpTo = 0

  constructor(input: {
    context: SessionContext
    sessionLog: SessionLog
    own: () => { phone: string | null; lid: string | null }
    book: ContactBook
    /** what these records ask for beside their rows; asked again for what an earlier owner left undone */
    beforeDone?: (records: readonly SequencedRecord[]) => Promise<void>
    /** rows of these records stand */
    onProjected: (records: readonly SequencedRecord[]) => void
    /** nothing more is projected; a SequenceClashError, or what nobody expected */
    onBroken: (error: Error) => void
    /** rows cannot be written and too much waits for them */
    onBackpressure: () => void
  }) {
    this.#context = input.context
    this.#limit = input.context.services.undoneLimit ?? UNDONE_LIMIT
    this.#sessionLog = input.sessionLog
    this.#own = input.own
    this.#book = input.book
    this.#beforeDone = input.beforeDone ?? (async () => {})
    this.#onProjected = input.onProjected
    this.#onBroken = input.onBroken
    this.#onBackpressure = input.onBackpressure
  }

  /**
   * Something came in. Rows that are only slow fail nowhere: while they lag behind what comes in, nothing more is let in.
   * At once, because the library decrypts hundreds of stanzas before any timer runs.
   */
  weigh(): void {
    if (this.#weighings++ % CALLS_PER_WEIGHING === 0 ? this.isFull() : this.#isLong()) this.#onBackpressure()
  }

  /** Something was appended. */
  kick(): void {
    if (this.#isStopped || this.#running) return
    this.#running = this.#run().finally(() => {
      this.#running = null
      if (this.#sessionLog.state.undoneCount > 0) this.kick()
    })
  }

  /**
   * Writes what an earlier owner left undone, with a mark before each batch: a row that takes its worker down every time
   * is found, and after three tries alone it is told as unprocessable.
   */
  async replay(): Promise<void> {
    this.#isReplay = true
    this.#suspectUpTo = this.#sessionLog.state.mark?.upTo ?? 0
    await this.settled()
    this.#isReplay = false
  }

  /** Resolves when nothing is undone, or when nothing more will be done. */
  async settled(): Promise<void> {
    this.kick()
    while (this.#running) await this.#running
  }

  /** Too much waits for its rows: nothing more should come in. */
  isFull(): boolean {
    return this.#isLong() || this.#sessionLog.state.undoneBytes() >= this.#limit.bytes
  }

  /** Half of the limit is free again: an intake that opened earlier would close at once. */
  hasRoom(): boolean {
    const { undoneCount, undoneBytes } = this.#sessionLog.state
    return undoneCount < this.#limit.records / 2 && undoneBytes() < this.#limit.bytes / 2
  }

  #isLong(): boolean {
    return this.#sessionLog.state.undoneCount >= this.#limit.records
  }

  /** After the record that is being written nothing more is. */
  stop(): void {
    this.#isStopped = true
    this.#wake?.()
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isStopped; ) {
      const batch = nextBatch(this.#sessionLog.state, { isReplay: this.#isReplay, suspectUpTo: this.#suspectUpTo })
      if (!batch) return
      try {
        if (batch.mark) this.#sessionLog.append([batch.mark])
        await this.#sessionLog.durable(this.#sessionLog.lastLsn)
        await this.#project(batch)
        failures = 0
      } catch (error) {
        if (error instanceof LogLostError) return this.stop()
        if (error instanceof SequenceClashError) {
          this.stop()
          return this.#onBroken(error)
        }
        if (isPermanent(error)) this.#suspectUpTo = batch.records.at(-1)?.sequence ?? 0
        // DynamoDB or KMS is away: the records wait in the log, rows are written when it is back.
        this.#context.log.warn({ error: String(error), failures }, 'rows cannot be written, trying again')
        if (this.isFull()) this.#onBackpressure()
        await this.#pause(fullJitterMs(failures++, RETRY_BASE_MS, RETRY_CAP_MS, 0.5 + Math.random() / 2))
      }
    }
  }

  async #project({ records: batch, mark }: NextBatch): Promise<void> {
    const { services, scope } = this.#context
    const events = new Events(services.tables, scope)
    const input = {
      epoch: this.#sessionLog.epoch,
      book: this.#book,
      own: ownAddress(this.#context.sessionId, this.#own()),
      outboundIdOf: (whatsappId: string) => this.#sessionLog.state.messageIdOf(whatsappId),
    }
    const rows: EventRow[] = []
    const projectAll = async (records: readonly SequencedRecord[]): Promise<void> => {
      for (const record of records) {
        const isPoison = mark?.alone === true && this.#sessionLog.state.triesOf(record.sequence) > TRIES_MAX
        const row = isPoison
          ? await projectUnprocessable(this.#context, record)
          : await projectRecord(this.#context, record, input)
        if ((await events.put(row)) === 'clash')
          throw new SequenceClashError(`sequence ${record.sequence} belongs to another event than ${record.eventId}`)
        rows.push(row)
      }
    }
    // Records of different messages do not depend on each other, and a reader stops at the first missing sequence; only
    // what names another message looks for its row, so it comes after those, in order.
    const isAnswer = (record: SequencedRecord) =>
      record.t === 'in' && Boolean(record.event?.target || record.event?.quotedId)
    await Promise.all([...groupBySubject(batch.filter((record) => !isAnswer(record))).values()].map(projectAll))
    await projectAll(batch.filter(isAnswer))
    rows.sort((one, other) => (one.sequence ?? 0) - (other.sequence ?? 0))
    await this.#publish(rows)
    await this.#beforeDone(batch)
    const upTo = batch.at(-1)?.sequence
    if (upTo !== undefined && !this.#isStopped) this.#sessionLog.append([{ t: 'done', upTo }])
    this.#onProjected(batch)
  }

  /** A hint: what the bus did not take stays `unfanned`, and the sweeper publishes it again. */
  async #publish(rows: readonly EventRow[]): Promise<void> {
    try {
      const failed = await this.#context.services.eventSink.publish(rows.map(refOf))
      if (failed.length > 0) this.#context.log.warn({ count: failed.length }, 'events were not taken by the bus')
    } catch (error) {
      this.#context.log.warn({ count: rows.length, error: String(error) }, 'events could not be published')
    }
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    this.#wake = resolve
    return promise.finally(() => clearTimeout(timer))
  }
}

const subjectOf = (record: SequencedRecord): string => {
  if (record.t === 'state') return 'session'
  if (record.t === 'note') return record.eventId
  // What could not be read and its content that came later are one message.
  // Of two settings of one chat the later one holds.
  if (record.t === 'in' && record.event?.messageType === CHAT_TIMER) return `timer ${record.event.chatJid}`
  if (record.t === 'in') return record.event?.messageId ?? record.eventId
  return record.messageId
}

const groupBySubject = (batch: readonly SequencedRecord[]): Map<string, SequencedRecord[]> => {
  const groups = new Map<string, SequencedRecord[]>()
  for (const record of batch) {
    const subject = subjectOf(record)
    groups.set(subject, [...(groups.get(subject) ?? []), record])
  }
  return groups
}
