import type { MessageRow } from '../../shared/store/rows.ts'
import { until } from '../testing/test-fleet.ts'
import { checkHistory } from './history.ts'
import { CALM, count, type Lane, startMortalWorker } from './lane.ts'
import type { Weather } from './mortal-services.ts'
import { ALL_POINTS, type RacePoint } from './race-points.ts'
import { makeRandom, type Random } from './random.ts'

const SETTLED = ['sent', 'delivered', 'read', 'played']
/** how long a worker may live on when it never comes to the point at which it was to die */
const PATIENCE_MS = 600

export interface Traffic {
  readonly accepted: { readonly row: MessageRow; readonly to: string; readonly body: string }[]
  /** WhatsApp id → text */
  readonly texts: Map<string, string>
}

/**
 * One seeded story: messages both ways while the session's worker dies, drains or sleeps through a takeover, once or
 * several times; then a calm worker, and the whole history is held against the promises.
 * @throws with the promise that was broken
 */
export const runEpisode = async (lane: Lane, seed: number): Promise<void> => {
  const random = makeRandom(seed)
  const traffic: Traffic = { accepted: [], texts: new Map() }
  lane.weather = random.chance(0.4) ? roughWeather(random) : CALM
  const losses = 1 + random.upTo(3)
  for (let loss = 0; loss < losses; loss++) {
    const story = random.next()
    if (story < 0.15) await splitBrain(lane, random, traffic)
    else if (story < 0.3) await drain(lane, random, traffic)
    else await kill(lane, random, traffic)
  }
  lane.weather = CALM
  await letSettle(lane, traffic)
  await checkHistory(lane, traffic)
  lane.tally.episodes++
}

const roughWeather = (random: Random): Weather => {
  const worst = random.upTo(30)
  const probability = 0.04 * random.next()
  return () => ({
    delayMs: Math.round(random.next() * worst),
    fault: random.chance(probability) ? (random.chance(0.5) ? 'refused' : 'lost') : null,
  })
}

/** Messages in both directions; nothing here waits for the worker. */
const talk = async (lane: Lane, random: Random, traffic: Traffic): Promise<void> => {
  const { fleet, tally, phone, sessionId } = lane
  const sends = Array.from({ length: 1 + random.upTo(3) }, async () => {
    const to = random.pick(lane.contacts)
    const body = `out ${phone} ${traffic.accepted.length} ${random.next()}`
    const row = await fleet.accept(sessionId, to, body)
    traffic.accepted.push({ row, to, body })
    tally.accepted++
  })
  const texts = Array.from({ length: random.upTo(4) }, async () => {
    const text = `in ${phone} ${random.next()}`
    traffic.texts.set(await fleet.simulator.contactSends(random.pick(lane.contacts), phone, text), text)
    tally.texts++
  })
  if (random.chance(0.15)) texts.push(fleet.simulator.fault({ kind: 'drop', mode: 'reset', phone }))
  await Promise.all([...sends, ...texts])
}

/** Points that a worker passes again and again, so that dying at the first one would always be the same story. */
const FREQUENT = /row|segment/
const RARE = /snapshot|logged in/
const WHILE_DRAINING = /snapshot|segment|row|published/
const WHILE_OPENING = /HEAD|snapshot|logged in/

const arm = (lane: Lane, random: Random, points: readonly RacePoint[] = ALL_POINTS): RacePoint => {
  const point = random.pick(points)
  lane.current.mortal.arm(point, random.upTo(FREQUENT.test(point) ? 8 : RARE.test(point) ? 1 : 2))
  return point
}

const kill = async (lane: Lane, random: Random, traffic: Traffic): Promise<void> => {
  const { mortal } = lane.current
  const point = arm(
    lane,
    random,
    ALL_POINTS.filter((name) => !WHILE_OPENING.test(name)),
  )
  await talk(lane, random, traffic)
  const patienceMs = random.upTo(PATIENCE_MS)
  await until('the worker is dead', () => mortal.isDead, patienceMs).catch(() => undefined)
  count(lane.tally.deaths, mortal.isDead ? point : 'any moment')
  mortal.die()
  lane.tally.kills++
  await takeOver(lane)
  if (random.chance(0.5)) await killWhileOpening(lane, random)
}

/** The next owner dies on its way in; the one after it has to cope. */
const killWhileOpening = async (lane: Lane, random: Random): Promise<void> => {
  const { mortal } = lane.current
  const point = arm(
    lane,
    random,
    ALL_POINTS.filter((name) => WHILE_OPENING.test(name) || FREQUENT.test(name)),
  )
  await until('the opener is dead', () => mortal.isDead, PATIENCE_MS).catch(() => undefined)
  if (!mortal.isDead) return mortal.disarm()
  count(lane.tally.deaths, point)
  lane.tally.kills++
  await takeOver(lane)
}

const drain = async (lane: Lane, random: Random, traffic: Traffic): Promise<void> => {
  const { mortal, worker } = lane.current
  const points = ALL_POINTS.filter((name) => WHILE_DRAINING.test(name))
  const point = random.chance(0.7) ? arm(lane, random, points) : null
  await talk(lane, random, traffic)
  lane.awaySince ??= performance.now()
  await Promise.race([worker.drain(), until('dead while it drains', () => mortal.isDead, 15_000)])
  lane.tally.drains++
  if (mortal.isDead && point) {
    count(lane.tally.deaths, point)
    lane.tally.kills++
  }
  mortal.die()
  await takeOver(lane)
}

/** The worker sleeps, another one takes over, then it wakes: what it had in hand must never reach the wire. */
const splitBrain = async (lane: Lane, random: Random, traffic: Traffic): Promise<void> => {
  const zombie = lane.current
  zombie.mortal.freeze()
  await talk(lane, random, traffic)
  await until('the sleeper holds a frame', () => zombie.mortal.heldFrames > 0, 300).catch(() => undefined)
  await takeOver(lane)
  await lane.fleet.untilStatus(lane.sessionId, 'connected')
  zombie.mortal.thaw()
  await until('the zombie knows', () => zombie.worker.sessionCount === 0, 10_000)
  lane.tally.splitBrains++
  lane.tally.framesHeldByZombies += zombie.mortal.heldFrames
  zombie.mortal.die()
}

/** What the reconciler does: the next owner under the next epoch. */
const takeOver = async (lane: Lane): Promise<void> => {
  lane.awaySince ??= performance.now()
  lane.current = await startMortalWorker(lane)
  await lane.fleet.assign(lane.sessionId, lane.current.worker)
}

const letSettle = async (lane: Lane, { accepted, texts }: Traffic): Promise<void> => {
  lane.current.mortal.disarm()
  const { fleet, sessionId } = lane
  await until(
    'every accepted message is settled',
    async () => {
      const rows = await Promise.all(accepted.map(({ row }) => fleet.messages.get(row.id)))
      return rows.every((row) => row && SETTLED.includes(row.status))
    },
    30_000,
  )
  await until('every text is an event', async () => {
    const received = (await fleet.readEvents(sessionId, lane.checkedUpTo)).map(({ data }) => data.message?.whatsappId)
    return [...texts.keys()].every((id) => received.includes(id))
  })
}
