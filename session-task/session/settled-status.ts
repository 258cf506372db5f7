import type { OutState } from '../auth-log/session-log.ts'

export type SettledStatus = NonNullable<OutState['settled']>
