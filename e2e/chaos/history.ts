import type { EventRow } from '../../shared/store/rows/message.ts'
import type { LogSlot } from './read-log.ts'
import type { Frame } from './wire.ts'

/** Everything that can be known of one session at rest. */
export interface History {
  readonly slots: readonly LogSlot[]
  readonly events: readonly EventRow[]
  readonly frames: readonly Frame[]
}

export const seedOf = (message: { seed: number } | undefined) => `seed ${message?.seed ?? '?'}`
