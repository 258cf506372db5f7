import { setTimeout as sleep } from 'node:timers/promises'
import { sendHint } from '../../../shared/fleet/hints.ts'
import { eventually } from '../../support/eventually.ts'
import { makeRandom, type Random } from '../random.ts'
import { countHit, noteGap, type RunReport } from '../report.ts'
import type { StruckProcess } from './control.ts'
import { type ProcessFleet, type ProcessSession, patiently } from './process-fleet.ts'
import { describeProcessPlan, type ProcessPlan } from './process-plan.ts'
import { startProcessTraffic } from './process-traffic.ts'
import { startTimeline } from './timeline.ts'

const HIT_DEADLINE_MS = 6_000
/** a new process may have to start first */
const OPENER_DEADLINE_MS = 45_000
/** I9 (protocol §8 and its amendment): what hints lose, two ticks of the reconciler find */
const TAKE_OVER_DEADLINE_MS = 240_000
const ZOMBIE_DEADLINE_MS = 30_000

/** One seed: traffic on every session, the process that holds one of them stopped at the race point, everything healed. */
export const playProcessSeed = async (fleet: ProcessFleet, report: RunReport, plan: ProcessPlan): Promise<void> => {
  const random = makeRandom(plan.seed * 31)
  const target = random.pick(fleet.sessions)
  const first = await ownerOf(fleet, target)
  fleet.control.onStruck = (weather) => countHit(report, weather)
  if (plan.weather) for (const worker of fleet.control.all()) worker.weather(plan.weather, plan.seed)
  const traffic = startProcessTraffic(fleet, report, plan.seed, random)
  await traffic.underWay
  const stopped = await stopOwner(fleet, report, plan, first, random)
  const stoppedAt = performance.now()
  const timeline = startTimeline(fleet)
  timeline.note(`${stopped.workerId.slice(-6)} is stopped`)
  report.openAtStop += await traffic.openCount()
  if (plan.isTwice) {
    const next = await anotherOwner(fleet, target, [first.workerId, stopped.workerId])
    await sleep(random.between(0, 400))
    next.signal('SIGKILL')
    timeline.note(`${next.workerId.slice(-6)} is killed too`)
    report.kills++
  }
  try {
    await untilConnected(fleet, stopped)
  } finally {
    noteGap(report, describeProcessPlan(plan), performance.now() - stoppedAt, await timeline.stop())
  }
  if (plan.point.action === 'pause') await wake(report, stopped)
  await traffic.finished
  for (const worker of fleet.control.all()) worker.weather(null, plan.seed)
  await untilConnected(fleet, stopped)
  for (const { sessionId, epochs } of fleet.sessions) {
    const epoch = (await fleet.stores.leases.get(sessionId))?.epoch ?? 0
    if (epoch !== epochs.at(-1)) epochs.push(epoch)
  }
}

/** @returns the process that was stopped at the race point, or at whatever moment this is when it was not reached */
const stopOwner = async (
  fleet: ProcessFleet,
  report: RunReport,
  plan: ProcessPlan,
  first: StruckProcess,
  random: Random,
): Promise<StruckProcess> => {
  const { point, nth } = plan
  const strike = { phase: point.phase, point: point.point, nth, action: point.action }
  if (point.phase === 'opening') return stopOpener(fleet, report, plan, first, random)
  await first.arm(strike)
  if (point.phase === 'draining') {
    await sleep(random.between(5, 250))
    first.signal('SIGTERM')
  }
  await stopAt(report, plan, first, first.hit)
  if (point.action === 'pause') await declareGone(fleet, plan, first)
  return first
}

/** The owner is killed at any moment; the worker that opens next stops itself. */
const stopOpener = async (
  fleet: ProcessFleet,
  report: RunReport,
  plan: ProcessPlan,
  first: StruckProcess,
  random: Random,
): Promise<StruckProcess> => {
  const { phase, point, action } = plan.point
  const strike = { phase, point, action, nth: plan.nth }
  const struck = Promise.withResolvers<StruckProcess>()
  const arm = (worker: StruckProcess) => {
    void worker.arm(strike)
    void worker.hit.then(() => struck.resolve(worker))
  }
  fleet.control.onStart = arm
  for (const worker of fleet.control.all()) if (worker !== first) arm(worker)
  await sleep(random.between(0, 300))
  first.signal('SIGKILL')
  report.kills++
  const opener = await Promise.race([struck.promise, sleep(OPENER_DEADLINE_MS).then(() => null)])
  fleet.control.onStart = () => {}
  for (const worker of fleet.control.all()) if (worker !== opener) worker.disarm()
  if (!opener) return first
  await stopAt(report, plan, opener, Promise.resolve())
  if (action === 'pause') await declareGone(fleet, plan, opener)
  return opener
}

const stopAt = async (
  report: RunReport,
  { point }: ProcessPlan,
  worker: StruckProcess,
  hit: Promise<void>,
): Promise<void> => {
  const isHit = await Promise.race([hit.then(() => true), sleep(HIT_DEADLINE_MS).then(() => false)])
  if (isHit) countHit(report, point.name)
  else worker.signal(point.action === 'kill' ? 'SIGKILL' : 'SIGSTOP')
  if (point.action === 'kill') report.kills++
  else report.pauses++
}

/** Somebody has to find out that a process stands still: ECS at once, or the reaper after half a minute of silence. */
const declareGone = async ({ stores }: ProcessFleet, plan: ProcessPlan, { workerId }: StruckProcess): Promise<void> => {
  if (plan.waitsForReaper) return
  await sendHint(stores.sqs, stores.hintsQueueUrl, { v: 1, kind: 'workerGone', workerId, incarnation: 1 })
}

/** The zombie goes on where it stood, and has to find out by itself: at its log, at its socket, at its beat. */
const wake = async (report: RunReport, zombie: StruckProcess): Promise<void> => {
  zombie.signal('SIGCONT')
  await eventually('the zombie has left', async () => zombie.isGone, ZOMBIE_DEADLINE_MS, 20)
  report.blockedFrames += zombie.blockedFrames
}

const ownerOf = async ({ api, control }: ProcessFleet, { sessionId }: ProcessSession): Promise<StruckProcess> => {
  const workerId = await eventually(`the worker of ${sessionId}`, async () => {
    const session = await api.get(`/v1/sessions/${sessionId}`)
    return session.status === 'connected' ? (session.workerId as string | null) : null
  })
  return control.processOf(workerId)
}

/** The next worker that was given the session, connected or not. */
const anotherOwner = async (
  { control, stores }: ProcessFleet,
  { sessionId }: ProcessSession,
  before: readonly string[],
): Promise<StruckProcess> => {
  const workerId = await eventually(
    'another worker',
    async () => {
      const owner = (await stores.leases.get(sessionId))?.owner
      return owner && !before.includes(owner.workerId) ? owner.workerId : null
    },
    TAKE_OVER_DEADLINE_MS,
    20,
  )
  return control.processOf(workerId)
}

/** Every session is connected, and not at the one that was stopped. */
const untilConnected = async ({ api, sessions }: ProcessFleet, stopped: StruckProcess): Promise<void> => {
  for (const { sessionId } of sessions)
    await eventually(
      `I9 ${sessionId} is connected elsewhere`,
      async () => {
        const { status, workerId, reason } = await patiently(() => api.get(`/v1/sessions/${sessionId}`))
        if (status === 'connected' && workerId && workerId !== stopped.workerId) return true
        throw new Error(`it is ${status} ${reason?.code ?? ''} at ${workerId}`)
      },
      TAKE_OVER_DEADLINE_MS,
      100,
    )
}
