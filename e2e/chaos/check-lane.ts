import { emptyFold, fold } from '../../session-task/auth-log/fold.ts'
import { type Head, isTombstone, parseHead } from '../../session-task/auth-log/head.ts'
import { type InboundRecord, isSequenced, type SequencedRecord } from '../../session-task/auth-log/records.ts'
import { encodeSnapshot } from '../../session-task/auth-log/snapshot-text.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import { type JudgedLane, logOf, type SentMessage } from './lane.ts'
import { type LogSlot, readSlots, readSnapshotState } from './read-log.ts'
import { type Frame, toFrames } from './wire.ts'

const FRAMES_MAX = 4
const ARRIVED: readonly string[] = ['sent', 'delivered', 'read', 'played']

/** Everything that can be known of one session at rest. */
interface History {
  readonly slots: readonly LogSlot[]
  readonly events: readonly EventRow[]
  readonly frames: readonly Frame[]
}

/**
 * Holds the whole history of a lane against invariants I1–I8 (protocol §8). The lane is drained: nothing moves any more.
 * @returns every broken promise in words, with the seed of the message if there is one
 */
export const checkLane = async (lane: JudgedLane): Promise<string[]> => {
  const { device, keys } = logOf(lane)
  const slots = await readSlots(device, keys, lane.sessionId)
  const history: History = {
    slots,
    events: await readEvents(lane),
    frames: toFrames(await lane.run.fleet.simulator.wire(lane.phone)),
  }
  return [
    ...(await checkMessages(lane, history)),
    ...checkFrames(lane, history),
    ...(await checkLog(lane, history)),
    ...checkInbound(lane, history),
    ...checkEvents(history),
    ...(await checkEpochs(lane, history)),
    ...(await checkKeys(lane)),
  ]
}

const readEvents = async ({ run, sessionId }: JudgedLane): Promise<EventRow[]> => {
  const rows: EventRow[] = []
  for (;;) {
    const page = await run.fleet.events.readSession(sessionId, { afterSequence: rows.length, limit: 500 })
    rows.push(...page.rows)
    if (!page.hasMore) return rows
  }
}

const seedOf = (message: { seed: number } | undefined) => `seed ${message?.seed ?? '?'}`

/** I1, and the bytes of I2. */
const checkMessages = async (lane: JudgedLane, { frames }: History): Promise<string[]> => {
  const found: string[] = []
  const byId = Map.groupBy(
    frames.filter(({ isMessage }) => isMessage),
    ({ id }) => id,
  )
  for (const message of lane.sent.values()) {
    const row = await lane.run.fleet.messages.get(message.id)
    const own = byId.get(message.whatsappId) ?? []
    const copies = own.flatMap(({ recipients }) => recipients)
    const wasRead = copies.some(
      ({ jid, plaintextSha256 }) => plaintextSha256 && (isOf(jid, lane.contact, lane) || jid === lane.group),
    )
    const name = `${seedOf(message)}: ${message.isGroup ? 'group ' : ''}message ${message.id} (${message.retry})`
    if (!row) found.push(`I1 ${name} has no row`)
    else if (ARRIVED.includes(row.status)) {
      if (!wasRead) found.push(`I1 LOST ${name} is ${row.status}, its contact never read it`)
    } else if (row.status === 'unknown') {
      if (message.retry === 'standard' && own.length < FRAMES_MAX)
        found.push(`I1 ${name} is unknown after ${own.length} frames`)
    } else found.push(`I1 LOST ${name} ended as ${row.status} (${row.failure?.code ?? ''}), ${own.length} frames`)
    for (const [jid, same] of Map.groupBy(copies, ({ jid }) => jid)) {
      // Beside the message of a group its members get the sender's key, which is another one each time it turns.
      if (message.isGroup && jid !== lane.group) continue
      const contents = new Set(same.map(({ plaintextSha256 }) => plaintextSha256).filter(Boolean))
      if (contents.size > 1) found.push(`I2 ${name} went to ${jid} with ${contents.size} different contents`)
    }
    if (own.length > 1) lane.run.report.repeats += own.length - 1
  }
  return found
}

const isOf = (jid: string, contact: string, lane: JudgedLane): boolean =>
  jid.startsWith(contact) || (jid.includes('@lid') && !jid.startsWith(lane.phone))

/** I2 (how many) and I3: each frame's record was durable before it left. */
const checkFrames = (lane: JudgedLane, { slots, frames }: History): string[] => {
  const found: string[] = []
  const { durableAt } = logOf(lane)
  const outs = new Map<string, number[]>()
  for (const { slot, appends } of slots)
    for (const { records } of appends)
      for (const record of records)
        if (record.t === 'out') outs.set(record.whatsappId, [...(outs.get(record.whatsappId) ?? []), durableAt(slot)])
  const retried = new Set(frames.filter(({ isRetryReceipt }) => isRetryReceipt).map(({ id }) => id))
  const known = new Map<string, SentMessage>([...lane.sent.values()].map((message) => [message.whatsappId, message]))
  for (const [id, own] of Map.groupBy(
    frames.filter(({ isMessage }) => isMessage),
    (frame) => frame.id,
  )) {
    const message = known.get(id)
    if (!message) found.push(`I2 a message left as ${id}, which nobody asked for`)
    if (!message || retried.has(id)) continue
    const name = `${seedOf(message)}: ${message.isGroup ? 'group ' : ''}message ${message.id} (${message.retry})`
    const limit = message.retry === 'atMostOnce' ? 1 : FRAMES_MAX
    if (own.length > limit) found.push(`I2 ${name} left in ${own.length} frames`)
    own.forEach((frame, index) => {
      const durable = (outs.get(id) ?? []).filter((at) => at <= frame.at).length
      if (durable < index + 1) found.push(`I3 ${name}: frame ${index + 1} left with ${durable} durable records`)
    })
  }
  return found
}

/** I4. */
const checkLog = async (lane: JudgedLane, { slots }: History): Promise<string[]> => {
  const found: string[] = []
  slots.forEach(({ slot }, index) => {
    if (slot !== index + 1) found.push(`I4 slot ${index + 1} is missing`)
  })
  slots.forEach(({ epoch, slot }, index) => {
    if (epoch < (slots[index - 1]?.epoch ?? 0)) found.push(`I4 the epoch falls to ${epoch} in slot ${slot}`)
  })
  const { device } = logOf(lane)
  const stored = await device.getHead()
  const head = stored && parseHead(stored.bytes)
  if (!head || isTombstone(head) || !head.snapshotKey) return [...found, 'I4 no snapshot after a drain']
  const genesis = emptyFold()
  for (const { appends } of slots)
    for (const { at, records } of appends) for (const record of records) fold(genesis, record, at)
  const restored = await restoreFromSnapshot(lane, head, slots)
  if (encodeSnapshot(restored) !== encodeSnapshot(genesis)) found.push('I4 fold(snapshot, tail) ≠ fold(genesis, all)')
  return found
}

const restoreFromSnapshot = async (lane: JudgedLane, head: Head, slots: readonly LogSlot[]) => {
  const { device, keys } = logOf(lane)
  const state = await readSnapshotState(device, keys, lane.sessionId, head)
  for (const { slot, appends } of slots)
    if (slot > head.snapSeq)
      for (const { at, records } of appends) for (const record of records) fold(state, record, at)
  return state
}

/** I6: a receipt says that the record is durable, and each stanza is one event. */
const checkInbound = (lane: JudgedLane, { slots, events, frames }: History): string[] => {
  const found: string[] = []
  const { durableAt } = logOf(lane)
  const records = new Map<string, { record: InboundRecord; durableAt: number }[]>()
  for (const { slot, appends } of slots)
    for (const append of appends)
      for (const record of append.records)
        if (record.t === 'in' && record.event)
          records.set(record.event.whatsappId, [
            ...(records.get(record.event.whatsappId) ?? []),
            { record, durableAt: durableAt(slot) },
          ])
  const eventIds = new Set(events.map(({ id }) => id))
  for (const [id, inbound] of lane.received) {
    const name = `${seedOf(inbound)}: inbound ${id}`
    const own = (records.get(id) ?? []).filter(({ record }) => record.event?.type === 'message.received')
    const told = own.filter(({ record }) => record.eventId && eventIds.has(record.eventId))
    if (told.length === 0) found.push(`I6 LOST ${name} is no event (${own.length} records)`)
    if (new Set(told.map(({ record }) => record.eventId)).size > 1) found.push(`I6 ${name} is ${told.length} events`)
    for (const frame of frames)
      if (frame.isReceipt && frame.id === id) {
        const earliest = Math.min(...own.map((one) => one.durableAt))
        if (!(earliest <= frame.at)) found.push(`I6 ${name} was receipted before its record was durable`)
        break
      }
  }
  return found
}

/** I7, and I10 as far as the worker goes: every event was handed to the bus, or is still marked for the sweeper. */
const checkEvents = ({ slots, events }: History): string[] => {
  const found: string[] = []
  const bySequence = new Map<number, SequencedRecord>()
  let doneUpTo = 0
  for (const { appends } of slots)
    for (const { records } of appends)
      for (const record of records) {
        if (record.t === 'done') doneUpTo = Math.max(doneUpTo, record.upTo)
        if (!isSequenced(record)) continue
        const earlier = bySequence.get(record.sequence)
        if (earlier && earlier.eventId !== record.eventId)
          found.push(`I7 sequence ${record.sequence} has the ids ${earlier.eventId} and ${record.eventId}`)
        bySequence.set(record.sequence, record)
      }
  for (let sequence = 1; sequence <= bySequence.size; sequence++) {
    const record = bySequence.get(sequence)
    const event = events[sequence - 1]
    if (!record) found.push(`I7 no record has sequence ${sequence}`)
    else if (!event) found.push(`I7 sequence ${sequence} (${record.t}) is no event row; done up to ${doneUpTo}`)
    else if (event.id !== record.eventId || event.sequence !== sequence)
      found.push(`I7 sequence ${sequence} is row ${event.id}, record ${record.eventId}`)
  }
  if (events.length > bySequence.size) found.push(`I7 ${events.length} rows, ${bySequence.size} records`)
  if (new Set(events.map(({ id }) => id)).size !== events.length) found.push('I7 an event id stands twice')
  return found
}

/** I8. */
const checkEpochs = async (lane: JudgedLane, { slots }: History): Promise<string[]> => {
  const found: string[] = []
  const lease = await lane.run.fleet.leases.get(lane.sessionId)
  const session = await lane.run.fleet.sessions.get(lane.sessionId)
  const last = slots.at(-1)?.epoch ?? 0
  if (!lease || last > lease.epoch) found.push(`I8 the log is at epoch ${last}, the lease at ${lease?.epoch}`)
  if (session && lease && session.stateEpoch > lease.epoch)
    found.push(`I8 the session row is at epoch ${session.stateEpoch}, the lease at ${lease.epoch}`)
  lane.epochs.forEach((epoch, index) => {
    if (index > 0 && epoch <= lane.epochs[index - 1]!)
      found.push(`I8 the lease went from ${lane.epochs[index - 1]} to ${epoch}`)
  })
  return found
}

/** I5: WhatsApp's own view of ratchets and pre-keys, and everything else it would have refused. */
const checkKeys = async (lane: JudgedLane): Promise<string[]> => {
  const violations = (await lane.run.fleet.simulator.violations()) as {
    kind: string
    phone?: string
    detail?: string
  }[]
  return violations
    .filter(({ phone }) => phone === lane.phone || phone === lane.contact || !phone)
    .map(({ kind, detail }) => `I5 ${kind} ${detail ?? ''}`)
}
