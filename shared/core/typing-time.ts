import { createHash } from 'node:crypto'

const PER_CHARACTER_MS = [30, 60] as const
const LIMITS_MS = [1_000, 6_000] as const

/**
 * How long somebody would type a text: 30 to 60 ms a character, 1 to 6 s in all. The speed follows from the seed, so the
 * same message always takes the same time.
 */
export const typingMsOf = (characters: number, seed: string): number => {
  const [slowest, fastest] = [PER_CHARACTER_MS[1], PER_CHARACTER_MS[0]]
  const draw = createHash('sha256').update(`typing#${seed}`).digest().readUInt32BE(0) / 2 ** 32
  const ms = Math.round(characters * (fastest + draw * (slowest - fastest)))
  return Math.min(Math.max(ms, LIMITS_MS[0]), LIMITS_MS[1])
}
