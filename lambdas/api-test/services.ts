import type { Tables } from '../../shared/store/tables.ts'
import type { Simulator } from './simulator.ts'

/** What the operations of this function work with. */
export interface TestServices {
  readonly tables: Tables
  /** null: the server behind test mode has no control API */
  readonly simulator: Simulator | null
}
