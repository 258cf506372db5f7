import { refOf } from '../../../shared/store/events.ts'
import { eventually } from '../../support/eventually.ts'
import { readAllEvents } from '../../support/session.ts'
import { checkDeleted } from '../check-deleted.ts'
import { checkLane } from '../check-lane.ts'
import { checkOwnership } from '../check-ownership.ts'
import type { RunReport } from '../report.ts'
import { type ProcessFleet, type ProcessSession, patiently } from './process-fleet.ts'

const ENDED = ['sent', 'delivered', 'read', 'played', 'unknown', 'failed', 'canceled']
const HEAL_DEADLINE_MS = 90_000
/** I9: from the end of the trouble */
const OWNER_DEADLINE_MS = 120_000

/**
 * Waits until all messages of a seed have an end, all that came in is an event, and every session has one owner.
 * @returns what is broken for good
 */
export const untilProcessFleetHealed = async (
  fleet: ProcessFleet,
  report: RunReport,
  name: string,
  seed: number,
): Promise<string[]> => {
  const found: string[] = []
  for (const session of fleet.sessions) {
    const { phone } = session
    await untilEnded(fleet, session, name, seed)
    const events = await untilTold(fleet, session, name)
    if (events.some((event, index) => event.sequence !== index + 1)) found.push(`I7 ${name}: a gap in the sequence`)
    await eventually(
      `I9 ${name}: one owner`,
      async () => {
        const doubts = await checkOwnership(judged(fleet, session, report), fleet.stores.workers)
        if (doubts.length > 0) throw new Error(doubts.join('; '))
        return true
      },
      OWNER_DEADLINE_MS,
      200,
    )
    if ((await fleet.simulator.devices(phone)).length !== 1) found.push(`I9 ${name}: ${phone} was linked again`)
  }
  for (const violation of await fleet.simulator.violations()) found.push(`I5 ${name}: ${JSON.stringify(violation)}`)
  return found
}

const untilEnded = async ({ stores }: ProcessFleet, { sent }: ProcessSession, name: string, seed: number) => {
  const open = new Set([...sent.values()].filter((message) => message.seed === seed).map(({ id }) => id))
  await eventually(
    `I1 ${name}: every message has an end`,
    async () => {
      for (const id of open) {
        const status = (await stores.messages.get(id))?.status ?? 'missing'
        if (ENDED.includes(status)) open.delete(id)
        else throw new Error(`${id} is ${status}, ${open.size} are open`)
      }
      return true
    },
    HEAL_DEADLINE_MS,
    150,
  )
}

const untilTold = ({ api }: ProcessFleet, { sessionId, received }: ProcessSession, name: string): Promise<any[]> =>
  eventually(
    `I6 ${name}: everything that came in is an event`,
    async () => {
      const all = await readAllEvents(api, sessionId)
      const told = new Set(all.map((event) => event.data.message?.whatsappId))
      const missing = [...received.keys()].filter((id) => !told.has(id))
      if (missing.length > 0) throw new Error(`no event of ${missing.join(', ')}`)
      return all
    },
    HEAL_DEADLINE_MS,
    200,
  )

/** At the end every session is stopped, so that its log is complete, and held against all invariants. */
export const checkProcessFleet = async (fleet: ProcessFleet, report: RunReport): Promise<string[]> => {
  const found: string[] = []
  for (const { sessionId } of fleet.sessions) await patiently(() => fleet.api.post(`/v1/sessions/${sessionId}/stop`))
  for (const session of fleet.sessions) {
    await eventually(
      `${session.sessionId} is released`,
      async () => {
        const lease = await fleet.stores.leases.get(session.sessionId)
        return lease?.owner === null && lease.settled
      },
      HEAL_DEADLINE_MS,
      100,
    )
    found.push(...(await checkLane(judged(fleet, session, report))))
    await eventually(
      `I10 every event of ${session.sessionId} has its webhook`,
      async () => {
        const doubts = await checkDeliveries(fleet, session)
        if (doubts.length > 0) throw new Error(doubts.slice(0, 5).join('; '))
        return true
      },
      HEAL_DEADLINE_MS,
      1_000,
    ).catch((error: Error) => found.push(error.message))
  }
  for (const session of fleet.sessions) found.push(...(await deleteSession(fleet, session, report)))
  return found
}

/** I10: each event has one delivery to the endpoint, which ended as delivered, and was posted under its own id. */
const checkDeliveries = async (
  { stores, webhooks, endpointId }: ProcessFleet,
  { sessionId }: ProcessSession,
): Promise<string[]> => {
  const found: string[] = []
  const posted = new Set(webhooks.received.map(({ id }) => id))
  let sequence = 0
  for (;;) {
    const { rows, hasMore } = await stores.events.readSession(sessionId, { afterSequence: sequence, limit: 500 })
    for (const row of rows) {
      sequence = row.sequence ?? sequence
      const { day } = refOf(row)
      const delivery = await stores.deliveries.latest({ endpointId, day, eventId: row.id })
      if (delivery?.status !== 'delivered' || delivery.generation !== 1)
        found.push(
          `I10 ${row.type} ${row.id} (${sequence}) has the delivery ${delivery?.generation} ${delivery?.status}`,
        )
      if (!posted.has(row.id)) found.push(`I10 LOST ${row.type} ${row.id} (${sequence}) was never posted`)
    }
    if (!hasMore) return found
  }
}

/** The tenant deletes the session; whoever works on it is killed once on the way. */
const deleteSession = async (fleet: ProcessFleet, session: ProcessSession, report: RunReport): Promise<string[]> => {
  const { stores, control, api, simulator } = fleet
  const { sessionId, phone, contact } = session
  await patiently(() => api.delete(`/v1/sessions/${sessionId}`))
  const isDone = async () => {
    const lease = await stores.leases.get(sessionId)
    return lease?.desired === 'DELETED' && lease.owner === null && lease.settled
  }
  const owner = await eventually(
    `${sessionId} is being deleted`,
    async () => (await isDone()) || ((await stores.leases.get(sessionId))?.owner ?? null),
    HEAL_DEADLINE_MS,
    5,
  )
  if (owner !== true) {
    ;(await control.processOf(owner.workerId)).signal('SIGKILL')
    report.kills++
  }
  await eventually(`${sessionId} is deleted`, isDone, OWNER_DEADLINE_MS, 50)
  const deletedAt = Date.now()
  report.deletes++
  await simulator.send(contact, phone, 'too late')
  return checkDeleted(judged(fleet, session, report), deletedAt, (await simulator.devices(phone)).length)
}

const judged = (fleet: ProcessFleet, session: ProcessSession, report: RunReport): Parameters<typeof checkLane>[0] => ({
  ...session,
  run: {
    report,
    logClient: fleet.stores.logClient,
    witness: fleet.control.witness,
    fleet: {
      ...fleet.stores,
      simulator: {
        wire: (phone) => fleet.simulator.wire(`?phone=${phone}&limit=100000`),
        violations: () => fleet.simulator.violations(),
      },
    },
  },
})
