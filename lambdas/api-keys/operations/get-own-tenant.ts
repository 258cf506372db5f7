import { presentTenant } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'

export const getOwnTenant = (): Handler<'getOwnTenant'> => async (_input, context) => ({
  status: 200,
  body: { ...presentTenant(context.principal.tenant), mode: context.scope.mode },
})
