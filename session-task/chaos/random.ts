/** Seeded numbers in [0, 1): mulberry32, good enough to choose faults, and the same on every machine. */
export const makeRandom = (seed: number) => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const upTo = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    /** 0 … limit - 1 */
    upTo,
    chance: (probability: number): boolean => next() < probability,
    pick: <T>(items: readonly T[]): T => items[upTo(items.length)] as T,
  }
}

export type Random = ReturnType<typeof makeRandom>
