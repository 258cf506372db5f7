import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../session-task/testing/test-fleet.ts'
import { type ChaosWorker, startChaosWorker } from './chaos-worker.ts'
import { checkOwnership } from './check-ownership.ts'
import type { Lane } from './lane.ts'
import { describePlan, type Plan, planOf } from './plan.ts'
import { makeRandom, type Random } from './random.ts'
import { countHit } from './report.ts'
import { startTraffic, untilHealed } from './traffic.ts'
import { makeWeather } from './weather.ts'

const HIT_DEADLINE_MS = 4_000
const OWNER_DEADLINE_MS = 10_000
const LEAVE_DEADLINE_MS = 20_000

/**
 * One seed on one session: traffic both ways, its worker stopped at the race point of the seed, another one takes over,
 * and everything comes to rest. The test is the reaper and the reconciler, and takes no time for it.
 */
export const playSeed = async (lane: Lane, seed: number): Promise<void> => {
  const random = makeRandom(seed)
  const plan = planOf(seed, random, lane.run.isGateOff)
  const { report, fleet } = lane.run
  const weather = makeWeather(plan.weather, random, (name) => countHit(report, name))
  const first = lane.owner
  await until('the owner is connected', () => first.openedAt !== null)
  first.fate.faultOf = weather.faultOf
  await weather.strikeWire(fleet, lane.phone)

  const striking = plan.point.phase === 'opening' ? null : armed(lane, first, plan)
  const traffic = startTraffic(lane, plan, random)
  const draining = plan.point.phase === 'draining' ? sleep(random.between(5, 60)).then(() => first.drain()) : null
  if (striking) await Promise.race([striking, sleep(HIT_DEADLINE_MS)])
  else await sleep(random.between(10, 120))
  first.fate.disarm()
  const isPaused = first.fate.isPaused
  if (!isPaused) first.kill()
  draining?.catch(() => undefined)
  const stoppedAt = performance.now()
  report.openAtStop += await traffic.openCount()
  if (isPaused) report.pauses++
  else report.kills++
  // A ring that is lost with its message unread costs up to a sweep of five minutes, so all of them go first.
  if (plan.weather === 'ring lost') await traffic.allAccepted

  let next = await startWorker(lane)
  next.fate.faultOf = weather.faultOf
  let zombie = isPaused ? first : null
  if (plan.point.phase === 'opening') {
    const struck = armed(lane, next, plan)
    await takeOver(lane, first, next, random)
    await Promise.race([struck, sleep(HIT_DEADLINE_MS)])
    next.fate.disarm()
    if (next.fate.isPaused) {
      zombie = next
      report.pauses++
    } else {
      next.kill()
      report.kills++
    }
    const stale = next
    next = await startWorker(lane)
    await takeOver(lane, stale, next, random)
    if (!zombie) await stale.dispose()
  } else await takeOver(lane, first, next, random)
  lane.owner = next
  await until(`connected elsewhere (${describePlan(plan)})`, () => next.openedAt !== null, LEAVE_DEADLINE_MS)
  report.gapsMs.push((next.openedAt ?? 0) - stoppedAt)
  if (zombie) await wake(lane, zombie)
  if (zombie !== first) await first.dispose()
  const { sent } = await traffic.finish()
  report.messagesOut += sent
  if (plan.weather === 'ack lost' || plan.weather === 'socket dropped') await fleet.simulator.clearFaults()
  await untilHealed(lane, describePlan(plan))
  await until(
    'I9 one owner',
    async () => (await checkOwnership(lane, fleet.workers)).length === 0,
    OWNER_DEADLINE_MS,
  ).catch(async () => report.findings.push(...(await checkOwnership(lane, fleet.workers))))
  report.healingMs.push(performance.now() - (next.openedAt ?? 0))
  next.fate.faultOf = () => null
  report.seeds++
}

const armed = (lane: Lane, worker: ChaosWorker, { point, nth }: Plan): Promise<void> =>
  worker.fate
    .arm({ phase: point.phase, point: point.point, nth, action: point.action })
    .then(() => countHit(lane.run.report, point.name))

export const startWorker = ({ run }: Pick<Lane, 'run'>): Promise<ChaosWorker> =>
  startChaosWorker({ fleet: run.fleet, witness: run.witness, isGateOff: run.isGateOff })

/** Reaper and reconciler: a worker that is thought dead is fenced (not always: a move does not), the lease moves on. */
const takeOver = async (lane: Lane, from: ChaosWorker, to: ChaosWorker, random: Random): Promise<void> => {
  const { fleet } = lane.run
  if (!from.fate.isPaused || random.chance(0.5)) await fleet.workers.fence(from.id, 1)
  lane.epochs.push(
    await until('assigned', async () => {
      const lease = await fleet.leases.get(lane.sessionId)
      if (lease?.owner?.workerId === to.id) return lease.epoch
      return fleet.assign(lane.sessionId, to).catch(() => null)
    }),
  )
}

/** The zombie wakes and finds out: it must leave by itself, whatever it was about to do. */
const wake = async (lane: Lane, zombie: ChaosWorker): Promise<void> => {
  zombie.fate.faultOf = () => null
  zombie.fate.resume()
  await until('the zombie has left', () => zombie.sessionCount === 0, LEAVE_DEADLINE_MS)
  lane.run.report.blockedFrames += zombie.blockedFrames
  await zombie.dispose()
}
