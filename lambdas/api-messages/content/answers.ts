import type { TenantKeys } from '../../../shared/crypto/tenant-keys.ts'
import type { TenantContext } from '../../../shared/http/handler.ts'
import { MediaFiles } from '../../../shared/store/media-files.ts'
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

/** How it stands with the file of a message, as its part says it. */
export const readMediaState = async (
  tables: Tables,
  context: TenantContext,
  message: Readonly<Record<string, unknown>> & { readonly type: string },
): Promise<Record<string, unknown>> => {
  const part = message[message.type] as { readonly mediaId?: string | null } | undefined
  const row = part?.mediaId ? await new MediaFiles(tables, context.scope).get(part.mediaId) : null
  if (!row) return {}
  const { status, sizeBytes, sha256 } = row
  return { [message.type]: { ...part, status: status === 'uploading' ? 'pending' : status, sizeBytes, sha256 } }
}
