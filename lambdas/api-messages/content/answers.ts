import type { TenantKeys } from '../../../shared/crypto/tenant-keys.ts'
import type { TenantContext } from '../../../shared/http/handler.ts'
import { MessageAnswers } from '../../../shared/store/message-answers.ts'
import { answerPlace } from '../../../shared/store/places.ts'
import type { Address, MessageRow } from '../../../shared/store/rows/message.ts'
import type { Tables } from '../../../shared/store/tables.ts'

interface Opened {
  readonly from: Address
  readonly emoji?: string | null
  readonly options?: readonly string[]
}

/** What people said about a message so far: reactions, and the votes on a poll's options. */
export const readAnswers = async (
  { tables, tenantKeys }: { tables: Tables; tenantKeys: TenantKeys },
  context: TenantContext,
  row: MessageRow,
) => {
  const rows = await new MessageAnswers(tables, context.scope, row.sessionId).list(row.id)
  const answers = await Promise.all(
    rows.map(async (answer) => ({
      ...answer,
      ...((await tenantKeys.open(context.scope, answerPlace(row.id, answer.who), answer.content)) as Opened),
    })),
  )
  return {
    reactions: answers.flatMap(({ emoji, from, at }) =>
      emoji ? [{ from, emoji, at: new Date(at).toISOString() }] : [],
    ),
    votesFor: (option: string): number => answers.filter(({ options }) => options?.includes(option)).length,
  }
}
