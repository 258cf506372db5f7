import { Fault } from '../../shared/core/fault.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import type { EndpointRow } from '../../shared/store/rows/webhook.ts'
import type { Tables } from '../../shared/store/tables.ts'

export const noEndpoint = (): Fault => new Fault('not_found', { detail: 'No webhook endpoint with this id.' })

/** @throws Fault not_found */
export const requireEndpoint = async (
  tables: Tables,
  context: TenantContext,
  endpointId: string,
): Promise<EndpointRow> => {
  const row = await new Endpoints(tables, context.scope).get(endpointId)
  if (!row) throw noEndpoint()
  return row
}
