import type { Strike } from '../fate.ts'
import type { Weather } from '../race-points.ts'

/** Where the test listens for its workers; the address is in the environment of each. */
export const CONTROL_VARIABLE = 'CHAOS_CONTROL'

/** From the test to a worker process, a line of JSON each. */
export type Order =
  | { readonly t: 'arm'; readonly strike: Strike }
  | { readonly t: 'disarm' }
  | { readonly t: 'weather'; readonly weather: Weather | null; readonly seed: number }

/** From a worker process to the test. */
export type Tale =
  | {
      readonly t: 'hello'
      readonly pid: number
      readonly workerId: string
      readonly environment: Readonly<Record<string, string>>
    }
  | { readonly t: 'armed' }
  | { readonly t: 'hit' }
  | { readonly t: 'struck'; readonly weather: Weather }
  | { readonly t: 'durable'; readonly key: string; readonly at: number }
  | { readonly t: 'keys'; readonly key: string; readonly keys: Readonly<Record<string, string>> }
  | { readonly t: 'conflict' }
  | { readonly t: 'blocked' }
  | { readonly t: 'open'; readonly sessionId: string }
