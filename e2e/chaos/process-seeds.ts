import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import {
  checkProcessFleet,
  countRepeats,
  type ProcessFleet,
  type ProcessSession,
  patiently,
  startProcessFleet,
} from './process-lane.ts'
import { makeRandom, type Random } from './random.ts'

const MOMENTS = ['at once', 'at a frame', 'at an event', 'twice'] as const
const MESSAGES = 8
const TEXTS = 4
const MOMENT_MS = 20_000

export interface ProcessReport {
  seeds: number
  messagesOut: number
  messagesIn: number
  kills: number
  openAtKill: number
  repeats: number
  readonly gapsMs: number[]
  readonly hits: Map<string, number>
  readonly findings: string[]
}

/** One platform, seed after seed: SIGKILL of the process that holds the sessions, in the middle of traffic. */
export const runProcessSeeds = async (seeds: readonly number[]): Promise<ProcessReport> => {
  const fleet = await startProcessFleet()
  const report: ProcessReport = {
    seeds: 0,
    messagesOut: 0,
    messagesIn: 0,
    kills: 0,
    openAtKill: 0,
    repeats: 0,
    gapsMs: [],
    hits: new Map(MOMENTS.map((moment) => [moment, 0])),
    findings: [],
  }
  try {
    for (const seed of seeds) {
      const moment = MOMENTS[seed % MOMENTS.length]!
      const name = `seed ${seed} (SIGKILL ${moment})`
      await playSeed(fleet, report, seed, moment)
      report.findings.push(...(await checkProcessFleet(fleet, name, seed)))
      report.seeds++
      report.hits.set(moment, (report.hits.get(moment) ?? 0) + 1)
      if (report.findings.length > 0) break
    }
    if (report.findings.length === 0) report.findings.push(...(await checkProcessFleet(fleet, 'at the end', null)))
    report.repeats = await countRepeats(fleet)
    return report
  } finally {
    await fleet.stop()
  }
}

const playSeed = async (
  fleet: ProcessFleet,
  report: ProcessReport,
  seed: number,
  moment: (typeof MOMENTS)[number],
): Promise<void> => {
  const random = makeRandom(seed)
  const { api, simulator } = fleet
  const target = random.pick(fleet.sessions)
  const before = await workerOf(fleet, target)
  if (random.chance(0.5))
    await simulator.faults({ kind: 'slowAcks', phone: target.phone, delayMs: random.between(50, 1_500), count: 4 })
  const since = (await framesOf(fleet, target)).at(-1)?.frame ?? 0
  const traffic = Promise.all(
    fleet.sessions.map((session) => startTraffic(fleet, session, seed, makeRandom(seed * 31))),
  )
  const nth = random.between(1, 5)
  if (moment === 'at once') await sleep(random.between(0, 250))
  else
    await eventually(
      `seed ${seed}: its moment`,
      async () => {
        if (moment === 'at an event') return [...target.received].some(([, of]) => of === seed) && random.chance(0.5)
        return (await framesOf(fleet, target, since)).length >= nth
      },
      MOMENT_MS,
      5,
      // On a busy machine it may take longer; then it is killed at whatever moment this is.
    ).catch(() => null)
  const killedAt = Date.now()
  await killWorker(fleet, before)
  report.kills++
  if (moment === 'twice') {
    const next = await anotherWorker(fleet, target, before)
    await sleep(random.between(0, 400))
    await killWorker(fleet, next)
    report.kills++
    await connectedElsewhere(fleet, next, target)
  } else await connectedElsewhere(fleet, before, target)
  report.gapsMs.push(Date.now() - killedAt)
  await simulator.call('DELETE', '/faults')
  for (const { accepted, texts, openAtKill } of await traffic) {
    report.messagesOut += accepted
    report.messagesIn += texts
    report.openAtKill += openAtKill
  }
  for (const session of fleet.sessions) await connectedElsewhere(fleet, before, session)
  const { data: sessions } = await patiently(() => api.get('/v1/sessions?limit=100'))
  if (sessions.some((session: any) => session.status === 'failed'))
    report.findings.push(`I9 seed ${seed}: a session failed`)
}

const startTraffic = async (fleet: ProcessFleet, session: ProcessSession, seed: number, random: Random) => {
  let openAtKill = 0
  const accepting = Promise.all(
    Array.from({ length: MESSAGES }, async (_, index) => {
      await sleep(random.between(0, 400))
      const body = `${seed}-${index}`
      const message = await patiently(() =>
        fleet.api.post('/v1/messages', {
          sessionId: session.sessionId,
          to: `+${fleet.contact}`,
          type: 'text',
          text: { body },
        }),
      )
      session.sent.set(message.id, { whatsappId: message.whatsappId, body, seed })
    }),
  )
  const writing = (async () => {
    for (let index = 0; index < TEXTS; index++) {
      await sleep(random.between(0, 100))
      const { whatsappId } = await fleet.simulator.send(fleet.contact, session.phone, `in ${seed}-${index}`)
      session.received.set(whatsappId, seed)
    }
  })()
  await Promise.all([accepting, writing])
  for (const [id, { seed: of }] of session.sent) {
    if (of !== seed) continue
    const { status } = await patiently(() => fleet.api.get(`/v1/messages/${id}`))
    if (status === 'queued' || status === 'sending') openAtKill++
  }
  return { accepted: MESSAGES, texts: TEXTS, openAtKill }
}

/** Messages that the phone's device sent, behind a frame. */
const framesOf = async ({ simulator }: ProcessFleet, { phone }: ProcessSession, since = 0) =>
  (await simulator.wire(`?phone=${phone}&tag=message&since=${since}&limit=100000`)).filter(
    ({ direction }) => direction === 'in',
  )

const workerOf = async ({ api }: ProcessFleet, { sessionId }: ProcessSession): Promise<string> =>
  eventually(`the worker of ${sessionId}`, async () => {
    const session = await api.get(`/v1/sessions/${sessionId}`)
    return session.status === 'connected' ? (session.workerId as string | null) : null
  })

const killWorker = async ({ platform }: ProcessFleet, workerId: string): Promise<void> => {
  const worker = (await platform.processes()).find((item) => item.workerId === workerId)
  if (worker) process.kill(worker.pid, 'SIGKILL')
}

/** The next worker that was given the session, connected or not. */
const anotherWorker = (fleet: ProcessFleet, { sessionId }: ProcessSession, before: string): Promise<string> =>
  eventually(
    'another worker',
    async () => {
      const { workerId } = await fleet.api.get(`/v1/sessions/${sessionId}`)
      return workerId && workerId !== before ? (workerId as string) : null
    },
    90_000,
    50,
  )

const connectedElsewhere = (fleet: ProcessFleet, before: string, { sessionId }: ProcessSession): Promise<unknown> =>
  eventually(
    `${sessionId} connected elsewhere`,
    async () => {
      const { status, workerId, reason } = await fleet.api.get(`/v1/sessions/${sessionId}`)
      if (status === 'connected' && workerId && workerId !== before) return true
      throw new Error(`it is ${status} ${reason?.code ?? ''} at ${workerId}`)
    },
    120_000,
    100,
  )

export const printProcessReport = (report: ProcessReport): void => {
  const gaps = [...report.gapsMs].sort((a, b) => a - b)
  process.stdout.write(
    [
      `chaos with real processes: ${report.seeds} seeds, ${report.messagesOut} out, ${report.messagesIn} in, ${report.kills} SIGKILLs`,
      `  open when last accepted ${report.openAtKill} · lost ${report.findings.filter((one) => one.includes('LOST')).length} · repeats under the same id ${report.repeats}`,
      `  service gap (killed → connected elsewhere, detection included): p50 ${gaps[gaps.length >> 1]} ms, max ${gaps.at(-1)} ms`,
      `  hits: ${[...report.hits].map(([name, count]) => `${name} ${count}`).join(' · ')}`,
      ...report.findings.map((finding) => `  FOUND ${finding}`),
      '',
    ].join('\n'),
  )
}
