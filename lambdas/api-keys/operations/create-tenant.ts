import { presentTenant } from '../../../shared/contract/present.ts'
import { newId } from '../../../shared/core/ids.ts'
import { createOnce } from '../../../shared/http/create-once.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { type TenantRow, Tenants } from '../../../shared/store/tenants.ts'
import type { KeyServices } from '../services.ts'

export const createTenant =
  ({ tables }: KeyServices): Handler<'createTenant'> =>
  async ({ body }, context) => {
    const { answer } = await createOnce(tables, context, body, async () => {
      const row: TenantRow = {
        v: 1,
        id: newId('ten', context.now),
        name: body.name,
        plan: body.plan,
        limits: body.limits,
        status: 'active',
        metadata: body.metadata,
        createdAt: context.now,
      }
      return {
        legs: [new Tenants(tables).createLeg(row)],
        body: presentTenant(row),
        location: `/v1/tenants/${row.id}`,
      }
    })
    return answer
  }
