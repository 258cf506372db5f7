import type { History } from './history.ts'
import { seedOf } from './history.ts'
import { type JudgedLane, logOf, type SentMessage } from './lane.ts'

const FRAMES_MAX = 4
const ARRIVED: readonly string[] = ['sent', 'delivered', 'read', 'played']

/** I1, and the bytes of I2. */
export const checkMessages = async (lane: JudgedLane, { frames, slots }: History): Promise<string[]> => {
  const found: string[] = []
  const byId = Map.groupBy(
    frames.filter(({ isMessage }) => isMessage),
    ({ id }) => id,
  )
  const tries = new Map<string, number>()
  for (const { appends } of slots)
    for (const { records } of appends)
      for (const record of records)
        if (record.t === 'out') tries.set(record.messageId, (tries.get(record.messageId) ?? 0) + 1)
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
      // What was journaled counts: a frame may not have left, and nobody can tell.
      const tried = tries.get(message.id) ?? 0
      if (message.retry === 'standard' && tried < FRAMES_MAX)
        found.push(`I1 ${name} is unknown after ${tried} tries, ${own.length} frames`)
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
export const checkFrames = (lane: JudgedLane, { slots, frames }: History): string[] => {
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
