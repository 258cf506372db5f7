/**
 * Where the log of ONE session lies (tenant, mode and session are fixed when the device is made). Every put is
 * conditional and sent once: the caller owns retries, because a retry must send the same bytes. A call that throws may
 * or may not have had its effect; a call that answers 'exists' or 'conflict' had none.
 */
export interface LogDevice {
  getHead(): Promise<StoredHead | null>
  /** @param ifMatch tag of the HEAD to replace; null: only when there is none */
  putHead(bytes: Uint8Array, ifMatch: string | null): Promise<HeadPut>

  putSegment(sequence: number, bytes: Uint8Array): Promise<PutOutcome>
  getSegment(sequence: number): Promise<Buffer | null>
  /** Slots in use with after < slot ≤ upTo, ascending. */
  listSegments(range: { after: number; upTo?: number }): Promise<number[]>
  deleteSegments(sequences: readonly number[]): Promise<void>

  putSnapshot(name: string, bytes: Uint8Array): Promise<PutOutcome>
  getSnapshot(name: string): Promise<Buffer | null>
  listSnapshots(): Promise<string[]>
  deleteSnapshots(names: readonly string[]): Promise<void>
}

export interface StoredHead {
  readonly bytes: Buffer
  /** opaque version (ETag) */
  readonly tag: string
}

export type PutOutcome = 'written' | 'exists'
export type HeadPut = { readonly outcome: 'written'; readonly tag: string } | { readonly outcome: 'conflict' }

const DIGITS = 16

/** Slot number as it stands in a key: list order is slot order. */
export const slotName = (sequence: number): string => String(sequence).padStart(DIGITS, '0')

/** `<seq:016>-<epoch>`: two owners never write the same snapshot object. */
export const snapshotName = (sequence: number, epoch: number): string => `${slotName(sequence)}-${epoch}`

export const sequenceOfSnapshot = (name: string): number => Number(name.slice(0, DIGITS))
