import type { Mode } from '../../shared/core/tenant-scope.ts'
import type { Bell } from '../../shared/events/ring.ts'
import type { SecretReader } from '../../shared/http/platform-secret.ts'
import type { Tables } from '../../shared/store/tables.ts'

/** What the operations of this function work with. */
export interface KeyServices {
  readonly tables: Tables
  readonly bell: Bell
  readonly readSecret: SecretReader
  /** starts the machine that carries a rollout out */
  readonly startRolloutMachine: (input: { mode: Mode; rolloutId: string }) => Promise<void>
  /** what new workers run */
  readonly deployedVersion: string
}
