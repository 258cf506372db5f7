import { Fault } from '../../shared/core/fault.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { Deliveries } from '../../shared/store/deliveries.ts'
import { Replays } from '../../shared/store/replays.ts'
import type { DeliveryRow, ReplayRow } from '../../shared/store/rows/webhook.ts'
import type { Tables } from '../../shared/store/tables.ts'

export const noDelivery = (): Fault => new Fault('not_found', { detail: 'No delivery with this id.' })

/** @throws Fault not_found */
export const requireDelivery = async (
  tables: Tables,
  context: TenantContext,
  deliveryId: string,
): Promise<DeliveryRow> => {
  const deliveries = new Deliveries(tables, context.scope)
  const found = await deliveries.find(deliveryId)
  // The index finds it, the row itself says how it stands.
  const row = found && (await deliveries.get(found))
  if (!row) throw noDelivery()
  return row
}

/** @throws Fault not_found */
export const requireReplay = async (
  tables: Tables,
  context: TenantContext,
  ids: { endpointId: string; replayId: string },
): Promise<ReplayRow> => {
  const row = await new Replays(tables, context.scope).get(ids.endpointId, ids.replayId)
  if (!row) throw new Fault('not_found', { detail: 'No replay with this id.' })
  return row
}
