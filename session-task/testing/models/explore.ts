/** What an exhaustive search of a model found. */
export interface Exploration<State> {
  readonly states: number
  readonly ends: number
  /** ends that break the promise, the first few */
  readonly broken: readonly State[]
}

const STATES_MAX = 2_000_000
const BROKEN_KEPT = 3

/**
 * Walks every state that is reachable from the first one, each once. States are plain JSON data.
 * @param next every state that one step of anybody leads to; none: it is an end
 * @param isBroken asked at every end
 * Stops when enough broken ends were found.
 * @throws when the model is larger than it should be
 */
export const explore = <State>(
  first: State,
  next: (state: State) => readonly State[],
  isBroken: (end: State) => boolean,
): Exploration<State> => {
  const seen = new Set([JSON.stringify(first)])
  const stack = [first]
  const broken: State[] = []
  let ends = 0
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const following = next(state)
    if (following.length === 0) {
      ends++
      if (isBroken(state)) broken.push(state)
      if (broken.length === BROKEN_KEPT) break
    }
    for (const one of following) {
      const text = JSON.stringify(one)
      if (seen.has(text)) continue
      if (seen.size >= STATES_MAX) throw new Error(`more than ${STATES_MAX} states`)
      seen.add(text)
      stack.push(one)
    }
  }
  return { states: seen.size, ends, broken }
}
