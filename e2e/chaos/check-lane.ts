import { type InboundRecord, isSequenced, type SequencedRecord } from '../../session-task/auth-log/records.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import { checkFrames, checkMessages } from './check-frames.ts'
import { checkLog } from './check-log.ts'
import { type History, seedOf } from './history.ts'
import { type JudgedLane, logOf } from './lane.ts'
import { readSlots } from './read-log.ts'
import { toFrames } from './wire.ts'

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
