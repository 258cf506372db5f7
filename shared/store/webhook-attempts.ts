import type { TenantScope } from '../core/tenant-scope.ts'
import type { Tables } from './tables.ts'

/** Attempts of all deliveries of events of one UTC day: the deliveries' own counters, summed. */
export const sumWebhookAttempts = async (
  tables: Tables,
  scope: TenantScope,
  endpointIds: readonly string[],
  day: string,
): Promise<number> => {
  let attempts = 0
  for (const endpointId of endpointIds)
    for await (const item of tables.messages.queryAll({
      key: { expression: '#pk = :pk', values: { ':pk': `${scope.prefix}WH#${endpointId}#${day}` } },
    }))
      if (typeof item.attempts === 'number') attempts += item.attempts
  return attempts
}
