import * as z from 'zod'
import { CorruptLogError } from './envelope.ts'

const FORMAT = 1

const snapshotEntrySchema = z.object({
  name: z.string(),
  sequence: z.number().int().nonnegative(),
  epoch: z.number().int().nonnegative(),
  /** wall clock of its writer, epoch milliseconds */
  at: z.number(),
})

const headSchema = z.looseObject({
  format: z.literal(FORMAT),
  epoch: z.number().int().nonnegative(),
  claimant: z.object({ workerId: z.string(), incarnation: z.string(), openId: z.string() }),
  /** full name of the snapshot to start from */
  snapshotKey: z.string().nullable(),
  snapSeq: z.number().int().nonnegative(),
  /** last slot known at open, snapshot and release: restore asserts that slots up to here are there */
  tailSeq: z.number().int().nonnegative(),
  /** only a check: the truth is the fold */
  nextSequence: z.number().int().positive(),
  /** session data key per epoch, wrapped by the tenant data key */
  wrappedKeys: z.record(z.string(), z.string()),
  linked: z.boolean(),
  /** snapshots that HEAD named and that still exist, newest first */
  snapshots: z.array(snapshotEntrySchema),
})

const tombstoneSchema = z.looseObject({
  format: z.literal(FORMAT),
  tombstone: z.literal(true),
  epoch: z.number().int().nonnegative(),
  at: z.number(),
})

/** The one mutable object of a log: who owns it and where to start reading. */
export type Head = z.infer<typeof headSchema>
export type SnapshotEntry = z.infer<typeof snapshotEntrySchema>
/** What a deleted session leaves; nobody opens it again. */
export type Tombstone = z.infer<typeof tombstoneSchema>

export const isTombstone = (head: Head | Tombstone): head is Tombstone => 'tombstone' in head

/** @throws CorruptLogError future_format, or unreadable_head when the bytes are no HEAD */
export const parseHead = (bytes: Uint8Array): Head | Tombstone => {
  let stored: unknown
  try {
    stored = JSON.parse(Buffer.from(bytes).toString())
  } catch (cause) {
    throw new CorruptLogError('unreadable_head', 'HEAD is no JSON', { cause })
  }
  const format = (stored as { format?: unknown } | null)?.format
  if (typeof format === 'number' && format > FORMAT)
    throw new CorruptLogError('future_format', `HEAD has format ${format}, this version knows ${FORMAT}`)
  const parsed = z.union([tombstoneSchema, headSchema]).safeParse(stored)
  if (!parsed.success) throw new CorruptLogError('unreadable_head', 'HEAD cannot be read', { cause: parsed.error })
  return parsed.data
}

export const encodeHead = (head: Head | Tombstone): Buffer => Buffer.from(JSON.stringify(head))

export const emptyHead = (epoch: number, claimant: Head['claimant']): Head => ({
  format: FORMAT,
  epoch,
  claimant,
  snapshotKey: null,
  snapSeq: 0,
  tailSeq: 0,
  nextSequence: 1,
  wrappedKeys: {},
  linked: false,
  snapshots: [],
})

export const makeTombstone = (epoch: number, at: number): Tombstone => ({ format: FORMAT, tombstone: true, epoch, at })

/** The keys that the kept snapshots and everything after them still need. Epochs in slots never decrease. */
export const neededKeys = (head: Head): Head['wrappedKeys'] => {
  const oldest = head.snapshots.at(-1)?.epoch ?? 0
  return Object.fromEntries(Object.entries(head.wrappedKeys).filter(([epoch]) => Number(epoch) >= oldest))
}
