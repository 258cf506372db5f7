import { makeLogS3Client } from '../../session-task/auth-log/s3-log-device.ts'
import { startTestFleet, until } from '../../session-task/testing/test-fleet.ts'
import { checkLane } from './check-lane.ts'
import { createGroup } from './create-group.ts'
import { deleteLane } from './delete-lane.ts'
import { newWitness } from './fateful-clients.ts'
import type { Lane, Run } from './lane.ts'
import { describePlan, planOf } from './plan.ts'
import { makeRandom } from './random.ts'
import { newReport, type RunReport, sayProgress } from './report.ts'
import { playSeed, startWorker } from './scenario.ts'

export interface SeedRun {
  readonly seeds: readonly number[]
  /** sessions side by side; a seed waits most of its time */
  readonly lanes?: number
  readonly isGateOff?: boolean
}

const LANE_SEEDS = 12

/** Plays every seed and holds what happened against the invariants. Findings are in the report, not thrown. */
export const runSeeds = async ({ seeds, lanes = 4, isGateOff = false }: SeedRun): Promise<RunReport> => {
  const fleet = await startTestFleet()
  const report = newReport()
  const run: Run = {
    fleet,
    logClient: makeLogS3Client(),
    witness: newWitness(),
    report,
    isGateOff,
  }
  const waiting = [...seeds]
  let opened = 0
  const playLane = async (): Promise<void> => {
    while (waiting.length > 0) {
      let lane: Lane | null = null
      let seed = waiting[0] ?? 0
      try {
        lane = await openLane(run, opened++)
        // A lane lives for some seeds: long enough for a history, short enough to be read when it is wrong.
        for (let left = LANE_SEEDS; left > 0 && waiting.length > 0; left--) {
          seed = waiting.shift()!
          await playSeed(lane, seed)
          sayProgress('chaos in one process', report, seeds.length)
        }
        await closeLane(lane)
      } catch (error) {
        // A lane that could not even begin takes its seed with it: the others go on.
        if (!lane) waiting.shift()
        const plan = describePlan(planOf(seed, makeRandom(seed), isGateOff))
        report.findings.push(`${plan}: ${error instanceof Error ? error.message : String(error)}`)
        lane?.owner.kill()
        await lane?.owner.dispose().catch((broken) => report.findings.push(`${plan}: ${broken}`))
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(lanes, seeds.length) }, playLane))
  } finally {
    run.logClient.destroy()
    await fleet.stop()
  }
  report.hits.set('s3 412', run.witness.conflicts)
  report.lost = report.findings.filter((finding) => finding.includes('LOST')).length
  return report
}

const openLane = async (run: Run, number: number): Promise<Lane> => {
  const owner = await startWorker({ run })
  // Without receipts only the server's ack says that a message was taken: what it did not say is sent again.
  const phone = `5511${String(900_000_000 + number)}`
  const contact = `5521${String(900_000_000 + number)}`
  await run.fleet.simulator.addContact(contact, { name: 'Ana', deliveryReceipts: number % 2 === 0 })
  const sessionId = await run.fleet.linkSession(owner, phone)
  const lease = await run.fleet.leases.get(sessionId)
  const { simulator } = run.fleet
  return {
    run,
    phone,
    contact,
    group: await createGroup(simulator.controlUrl, {}, contact, phone),
    sessionId,
    owner,
    sent: new Map(),
    received: new Map(),
    ended: new Set(),
    told: new Set(),
    toldUpTo: 0,
    epochs: [lease?.epoch ?? 0],
  }
}

/** The last owner lets go: everything is durable, every row stands. Then nothing of it is needed any more. */
const closeLane = async (lane: Lane): Promise<void> => {
  const { fleet, report, witness, isGateOff } = lane.run
  await until('the last owner is connected', () => lane.owner.openedAt !== null)
  await lane.owner.drain()
  await fleet.released(lane.sessionId)
  await lane.owner.dispose()
  report.findings.push(...(await checkLane(lane)))
  if (!isGateOff) report.findings.push(...(await deleteLane(lane)))
  for (const notes of [witness.durableAt, witness.wrappedKeys])
    for (const key of notes.keys()) if (key.includes(lane.sessionId)) notes.delete(key)
}
