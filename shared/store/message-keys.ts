import { shardOf } from '../core/ids.ts'
import { chatKeyOf, hasStatusIndex } from '../core/message-lists.ts'
import type { MessageStatus } from '../core/message-status.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { timeKey } from './keys.ts'
import type { MessageRow } from './rows/message.ts'
import type { Expression, Item } from './table.ts'

/** One tenant's failures may come by the thousand a second: they are spread, and read side by side. */
export const STATUS_SHARDS = 8

/**
 * Index attributes of MESSAGE rows. `list1`: of a session by time, `list2`: of the tenant by time, `list3`: of a chat,
 * `list4` and `list5`: of a session and of the tenant by status (seldom statuses only). All are sorted by `sortOf`.
 */
export const sortOf = (row: Pick<MessageRow, 'createdAt' | 'id'>): string => `${timeKey(row.createdAt)}#${row.id}`

/** Ends every sort key of a message: <time>#<id> in lists, <notBefore>#<acceptedAt>#<id> in OPEN. */
export const messageIdOfSort = (sort: string): string => sort.slice(sort.lastIndexOf('#') + 1)

const inSession = (scope: TenantScope, sessionId: string) => `${scope.prefix}S#${sessionId}`

export const listPartitions = {
  session: (scope: TenantScope, sessionId: string) => `${inSession(scope, sessionId)}#MESSAGES`,
  tenant: (scope: TenantScope) => `${scope.prefix}MESSAGES`,
  chat: (scope: TenantScope, sessionId: string, chatKey: string) => `${inSession(scope, sessionId)}#CHAT#${chatKey}`,
  sessionStatus: (scope: TenantScope, sessionId: string, status: MessageStatus) =>
    `${inSession(scope, sessionId)}#STATUS#${status}`,
  tenantStatus: (scope: TenantScope, status: MessageStatus, shard: number) =>
    `${scope.prefix}STATUS#${status}#${shard}`,
} as const

type Filed = Pick<MessageRow, 'id' | 'sessionId' | 'createdAt'>

const statusKeys = (scope: TenantScope, row: Filed, status: MessageStatus) => {
  const sort = sortOf(row)
  return {
    l4pk: listPartitions.sessionStatus(scope, row.sessionId, status),
    l4sk: sort,
    l5pk: listPartitions.tenantStatus(scope, status, shardOf(row.id, STATUS_SHARDS)),
    l5sk: sort,
  }
}

/** Where a new MESSAGE row is listed. */
export const listKeys = (scope: TenantScope, row: Filed & Pick<MessageRow, 'chat' | 'status'>): Item => {
  const sort = sortOf(row)
  const chatKey = chatKeyOf(row.chat)
  return {
    l1pk: listPartitions.session(scope, row.sessionId),
    l1sk: sort,
    l2pk: listPartitions.tenant(scope),
    l2sk: sort,
    ...(chatKey ? { l3pk: listPartitions.chat(scope, row.sessionId, chatKey), l3sk: sort } : {}),
    ...(hasStatusIndex(row.status) ? statusKeys(scope, row, row.status) : {}),
  }
}

/** Appended to the SET of an update that changes the status: the row is listed under the new one, or under none. */
export const relist = (scope: TenantScope, row: Filed, status: MessageStatus): Required<Expression> => {
  if (!hasStatusIndex(status)) return { expression: UNLIST, values: {} }
  const keys = Object.entries(statusKeys(scope, row, status))
  return {
    expression: keys.map(([name]) => `, #${name} = :${name}`).join(''),
    values: Object.fromEntries(keys.map(([name, value]) => [`:${name}`, value])),
  }
}

/** Appended to the SET of a claim: what is being sent is listed under no status. */
export const UNLIST = ' REMOVE #l4pk, #l4sk, #l5pk, #l5sk'
