import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../session-task/testing/test-fleet.ts'
import { eventDataPlace } from '../../shared/store/places.ts'
import type { Lane } from './lane.ts'
import type { Plan } from './plan.ts'
import type { Random } from './random.ts'

/** I9: from the end of the trouble */
const HEAL_DEADLINE_MS = 120_000
const CONTROL_DEADLINE_MS = 4_000
const ENDED: readonly string[] = ['sent', 'delivered', 'read', 'played', 'unknown', 'failed', 'canceled']

export interface Traffic {
  /** everything that will be accepted has been */
  readonly allAccepted: Promise<void>
  /** messages of the lane without an end, now */
  openCount(): Promise<number>
  finish(): Promise<{ sent: number }>
}

/** Messages both ways, side by side, while the worker is stopped. */
export const startTraffic = (lane: Lane, { seed, weather }: Plan, random: Random): Traffic => {
  const { fleet, report } = lane.run
  const plan = Array.from({ length: random.between(6, 12) }, (_, index) => ({
    body: `${seed}-${index}`,
    retry: random.chance(0.15) ? ('atMostOnce' as const) : ('standard' as const),
    afterMs: random.between(0, 40),
    ring: weather === 'ring lost' && random.chance(0.6) ? 'lost' : weather === 'ring late' ? 'late' : 'now',
    ringLateMs: random.between(100, 600),
    isGroup: random.chance(0.25),
  }))
  const texts = Array.from({ length: random.between(3, 6) }, (_, index) => ({
    text: `in ${seed}-${index}`,
    afterMs: random.between(0, 30),
    isGroup: random.chance(0.25),
  }))
  const ringing: Promise<unknown>[] = []
  const accepting = (async () => {
    for (const item of plan) {
      await sleep(item.afterMs)
      const { contact, group, sessionId } = lane
      const { retry, isGroup, body } = item
      const chat = { contactId: null, phone: null, lid: null, jid: group, kind: 'group' as const }
      const row = await fleet.accept(
        sessionId,
        contact,
        body,
        isGroup ? { retry, chat, to: chat } : { retry },
        Date.now(),
        item.ring === 'now',
      )
      lane.sent.set(row.id, { id: row.id, whatsappId: row.whatsappId, body, retry, isGroup, seed })
      if (item.ring === 'lost') report.hits.set('ring lost', (report.hits.get('ring lost') ?? 0) + 1)
      if (item.ring !== 'late') continue
      report.hits.set('ring late', (report.hits.get('ring late') ?? 0) + 1)
      const { queueUrl } = (await fleet.leases.get(lane.sessionId)) ?? { queueUrl: null }
      ringing.push(sleep(item.ringLateMs).then(() => fleet.ring(queueUrl, 'messages', lane.sessionId)))
    }
  })()
  const writing = (async () => {
    for (const { text, afterMs, isGroup } of texts) {
      await sleep(afterMs)
      const to = isGroup ? lane.group : lane.phone
      lane.received.set(await fleet.simulator.contactSends(lane.contact, to, text), { text, seed })
      report.messagesIn++
    }
  })()
  return {
    allAccepted: accepting,
    openCount: async () => (await fleet.messages.listOpen(lane.sessionId, { limit: 100 })).rows.length,
    finish: async () => {
      await Promise.all([accepting, writing])
      await Promise.all(ringing)
      return { sent: plan.length }
    },
  }
}

/** Every message has an end and everything a contact wrote is an event. In a control run: or the deadline is over. */
export const untilHealed = async (lane: Lane, name: string): Promise<void> => {
  const { fleet, isGateOff } = lane.run
  const open = new Set([...lane.sent.keys()].filter((id) => !lane.ended.has(id)))
  const isHealed = async () => {
    // Asking costs the worker under test its CPU.
    await sleep(80)
    await Promise.all(
      [...open].map(async (id) => {
        const row = await fleet.messages.get(id)
        if (row && ENDED.includes(row.status)) {
          open.delete(id)
          lane.ended.add(id)
        }
      }),
    )
    await readNewEvents(lane)
    return open.size === 0 && [...lane.received.keys()].every((id) => lane.told.has(id))
  }
  const healed = until(`at rest (${name})`, isHealed, isGateOff ? CONTROL_DEADLINE_MS : HEAL_DEADLINE_MS)
  if (isGateOff) await healed.catch(() => undefined)
  else
    await healed.catch(async (error) => {
      const missing = [...lane.received.keys()].filter((id) => !lane.told.has(id))
      const rows = await Promise.all([...open].map((id) => fleet.messages.get(id)))
      const session = await fleet.sessions.get(lane.sessionId)
      const lease = await fleet.leases.get(lane.sessionId)
      throw new Error(
        `${error.message}; session ${lane.sessionId} is ${session?.status} ${session?.reason?.code ?? ''} at epoch ${lease?.epoch} of ${lease?.owner?.workerId}; open: ${rows.map((row) => `${row?.id} ${row?.status} epoch ${row?.epoch}, claimed ${row?.attempts} times, delayed until ${row?.delayedUntil}`).join(', ')}; no event: ${missing.join(', ')}`,
      )
    })
}

const readNewEvents = async (lane: Lane): Promise<void> => {
  const { fleet } = lane.run
  const { rows } = await fleet.events.readSession(lane.sessionId, { afterSequence: lane.toldUpTo, limit: 300 })
  for (const row of rows) {
    lane.toldUpTo = row.sequence ?? lane.toldUpTo
    if (row.type !== 'message.received') continue
    const data = (await fleet.tenantKeys.open(fleet.scope, eventDataPlace(row.id), row.data)) as {
      message?: { whatsappId: string }
    }
    if (data.message) lane.told.add(data.message.whatsappId)
  }
}
