import type { HandlersOf } from '../../shared/http/handler.ts'
import { contactHandlers } from './operations/contacts.ts'
import { getOperation } from './operations/get-operation.ts'
import { groupHandlers } from './operations/groups.ts'
import { markMessageRead } from './operations/mark-message-read.ts'
import { profileHandlers } from './operations/profile.ts'
import { getTenantUsage } from './operations/usage/get-tenant-usage.ts'
import { getUsage } from './operations/usage/get-usage.ts'
import { listTenantUsage } from './operations/usage/list-tenant-usage.ts'
import type { OperationServices } from './services.ts'

export const makeOperationHandlers = (services: OperationServices): HandlersOf<'api-operations'> => ({
  ...contactHandlers(services),
  ...groupHandlers(services),
  ...profileHandlers(services),
  markMessageRead: markMessageRead(services),
  getOperation: getOperation(services),
  getUsage: getUsage(services),
  getTenantUsage: getTenantUsage(services),
  listTenantUsage: listTenantUsage(services),
})
