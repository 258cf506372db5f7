import type { TenantScope } from '../core/tenant-scope.ts'
import type { Tables } from './tables.ts'

/** Calls of one tenant and mode in one minute that one environment served. */
export interface CallCount {
  readonly minute: number
  readonly calls: number
  readonly refused: number
}

const MINUTE_MS = 60_000
const dayOfMinute = (minute: number): string => new Date(minute * MINUTE_MS).toISOString().slice(0, 10)
const partition = (scope: TenantScope, day: string): string => `${scope.prefix}UM#${day}`

/**
 * One row per environment and minute with the whole count so far: written again it says the same, so that retries and
 * crashes never count twice.
 */
export const putApiCalls = async (
  tables: Tables,
  scope: TenantScope,
  incarnation: string,
  count: CallCount,
): Promise<void> => {
  await tables.usage.put({
    pk: partition(scope, dayOfMinute(count.minute)),
    sk: `${count.minute}#${incarnation}`,
    v: 1,
    calls: count.calls,
    refused: count.refused,
  })
}

/** Calls of one UTC day, all environments together. */
export const sumApiCalls = async (tables: Tables, scope: TenantScope, day: string): Promise<number> => {
  let calls = 0
  for await (const item of tables.usage.queryAll({
    key: { expression: '#pk = :pk', values: { ':pk': partition(scope, day) } },
  }))
    calls += Number(item.calls ?? 0)
  return calls
}
