import { type NamedRacePoint, RACE_POINTS, WEATHER, type Weather } from './race-points.ts'
import type { Random } from './random.ts'

/** What one seed decides before anything happens. */
export interface Plan {
  readonly seed: number
  readonly point: NamedRacePoint
  readonly nth: number
  readonly weather: Weather | null
}

/** The control run asks for losses: slow commits, and a kill before one. */
const controlPlanOf = (seed: number, random: Random): Plan => ({
  seed,
  point: RACE_POINTS[0]!,
  nth: random.between(2, 6),
  weather: 's3 slow',
})

export const planOf = (seed: number, random: Random, isGateOff = false): Plan => {
  if (isGateOff) return controlPlanOf(seed, random)
  const point = RACE_POINTS[seed % RACE_POINTS.length]!
  return {
    seed,
    point,
    nth: point.phase === 'live' ? random.between(1, 5) : 1,
    weather: random.chance(0.7) ? random.pick(WEATHER) : null,
  }
}

export const describePlan = ({ seed, point, nth, weather }: Plan): string =>
  `seed ${seed}: ${point.action} at the ${nth}. "${point.name}"${weather ? `, weather: ${weather}` : ''}`
