import { type CleanupPlan, planCleanup } from './cleanup-plan.ts'
import { sealEnvelope } from './envelope.ts'
import { hashesAreFull } from './fold.ts'
import type { FoldedLog } from './folded-log.ts'
import { type Head, neededKeys } from './head.ts'
import type { HeadKeeper } from './head-keeper.ts'
import { type LogContext, retryStorage } from './log-context.ts'
import { sequenceOfSnapshot, snapshotName } from './log-device.ts'
import { isLinked } from './log-state.ts'
import { encodeSnapshot } from './snapshot-text.ts'

const RETRY_AFTER_MS = 60_000

/** State as it was at a batch boundary. */
export interface FrozenState {
  readonly text: string
  readonly nextSequence: number
  readonly linked: boolean
  /** hashes of redeliveries were dropped before their time */
  readonly hashesFull: boolean
}

export const freeze = (state: FoldedLog): FrozenState => ({
  text: encodeSnapshot(state),
  nextSequence: state.nextSequence,
  linked: isLinked(state),
  hashesFull: hashesAreFull(state),
})

/** Writes snapshots off the commit path, one at a time, and removes what they made superfluous. */
export class Snapshotter {
  readonly #context: LogContext
  readonly #head: HeadKeeper
  #commits = 0
  #bytes = 0
  #lastAt: number
  #notBefore = 0
  #running: Promise<void> | null = null
  #sealed: { name: string; bytes: Buffer } | null = null

  /** @param backlog commits that no snapshot covers yet */
  constructor(context: LogContext, head: HeadKeeper, backlog: number) {
    this.#context = context
    this.#head = head
    this.#commits = backlog
    this.#lastAt = head.head.snapshots[0]?.at ?? context.clock.now()
  }

  /** Should the batch that is about to be written become a snapshot? */
  isDue(): boolean {
    const { limits, clock } = this.#context
    if (this.#running || clock.now() < this.#notBefore) return false
    return (
      this.#commits + 1 >= limits.snapshotCommits ||
      this.#bytes >= limits.snapshotBytes ||
      clock.now() - this.#lastAt >= limits.snapshotAgeMs
    )
  }

  noteCommit(bytes: number): void {
    this.#commits++
    this.#bytes += bytes
  }

  /** Writes in the background. @param onFenced HEAD belongs to somebody else */
  start(frozen: FrozenState, sequence: number, tail: () => number, onFenced: () => void): void {
    this.#commits = 0
    this.#bytes = 0
    this.#running = this.write(frozen, sequence, tail)
      .then((written) => {
        if (!written) onFenced()
      })
      .catch((error: unknown) => {
        // Nothing is lost: the log is longer than wished until the next attempt.
        this.#notBefore = this.#context.clock.now() + RETRY_AFTER_MS
        this.#commits = this.#context.limits.snapshotCommits
        this.#context.log.warn({ sessionId: this.#context.sessionId, error: String(error) }, 'snapshot failed')
      })
      .finally(() => {
        this.#running = null
      })
  }

  async settled(): Promise<void> {
    await this.#running
  }

  /** @returns false when HEAD belongs to somebody else. @throws StorageAwayError */
  async write(frozen: FrozenState, sequence: number, tail: () => number): Promise<boolean> {
    const { device, epoch, clock, log, sessionId } = this.#context
    const name = snapshotName(sequence, epoch)
    if (frozen.hashesFull)
      log.error({ sessionId }, 'more redelivery hashes than the log keeps: an old redelivery could become a new event')
    const bytes = await this.#seal(name, frozen, sequence)
    const outcome = await retryStorage(this.#context, 'putSnapshot', () => device.putSnapshot(name, bytes))
    if (outcome === 'exists') {
      const held = await retryStorage(this.#context, 'getSnapshot', () => device.getSnapshot(name))
      if (!held?.equals(bytes)) return false
    }
    const old = this.#head.head
    const snapshots = [
      { name, sequence, epoch, at: clock.now() },
      ...old.snapshots.filter((entry) => entry.name !== name),
    ]
    const plan = planCleanup(snapshots, clock.now(), this.#context.limits.cleanupAgeMs)
    const next: Head = {
      ...old,
      snapshotKey: name,
      snapSeq: sequence,
      tailSeq: Math.max(sequence, tail()),
      nextSequence: frozen.nextSequence,
      linked: frozen.linked,
      snapshots: [...(plan?.kept ?? snapshots)],
    }
    if (!(await this.#head.write({ ...next, wrappedKeys: neededKeys(next) }))) return false
    this.#sealed = null
    this.#lastAt = clock.now()
    if (plan) await this.#cleanUp(plan)
    return true
  }

  /** Bytes of one name are made once: a second attempt under the same key and slot must not seal other content. */
  async #seal(name: string, frozen: FrozenState, seq: number): Promise<Buffer> {
    if (this.#sealed?.name === name) return this.#sealed.bytes
    const { key, sessionId, epoch, openId, compress } = this.#context
    const body = await compress(Buffer.from(frozen.text))
    const bytes = sealEnvelope(key, { v: 1, sessionId, epoch, openId, kind: 'snapshot', seq }, body)
    this.#sealed = { name, bytes }
    return bytes
  }

  async #cleanUp(plan: CleanupPlan): Promise<void> {
    const { device, log, sessionId } = this.#context
    try {
      const slots = await device.listSegments({ after: 0, upTo: plan.segmentsUpTo })
      if (slots.length > 0) await device.deleteSegments(slots)
      const names = (await device.listSnapshots()).filter((name) => sequenceOfSnapshot(name) < plan.segmentsUpTo)
      if (names.length > 0) await device.deleteSnapshots(names)
    } catch (error) {
      // What stays is superfluous, not wrong; the next snapshot tries again.
      log.warn({ sessionId, error: String(error) }, 'clean-up of covered log objects failed')
    }
  }
}
