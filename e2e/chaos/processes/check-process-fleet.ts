import { eventually } from '../../support/eventually.ts'
import { readAllEvents } from '../../support/session.ts'
import { checkLane } from '../check-lane.ts'
import type { RunReport } from '../report.ts'
import { type ProcessFleet, type ProcessSession, patiently } from './process-fleet.ts'

const ENDED = ['sent', 'delivered', 'read', 'played', 'unknown', 'failed', 'canceled']
const HEAL_DEADLINE_MS = 90_000

/**
 * Waits until all messages of a seed have an end, all that came in is an event, and every event has its webhook.
 * @returns what is broken for good
 */
export const untilProcessFleetHealed = async (fleet: ProcessFleet, name: string, seed: number): Promise<string[]> => {
  const found: string[] = []
  for (const session of fleet.sessions) {
    const { phone } = session
    await untilEnded(fleet, session, name, seed)
    const events = await untilTold(fleet, session, name)
    if (events.some((event, index) => event.sequence !== index + 1)) found.push(`I7 ${name}: a gap in the sequence`)
    await eventually(
      `I10 ${name}: every event has its webhook`,
      async () => {
        const posted = new Set(fleet.webhooks.received.map(({ id }) => id))
        return events.every((event) => posted.has(event.id))
      },
      HEAL_DEADLINE_MS,
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
  }
  return found
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
