import type * as z from 'zod'
import type { Operations } from '../../../shared/contract/operations.ts'
import type { OperationInputs } from '../../../shared/core/operation-inputs.ts'
import type { CommandContext } from './command-context.ts'

type ReadResult = z.input<Operations['markMessageRead']['responses'][200]>

/** Receipts first, rows after: who dies in between leaves an operation that tells the same again. */
export const markMessageRead = async (
  { commands, messages, now }: CommandContext,
  input: OperationInputs['markMessageRead'],
): Promise<ReadResult> => {
  // Oldest first, as a person reads; the input begins with the newest.
  const inOrder = [...input.messages].reverse()
  const byAuthor = Map.groupBy(inOrder, ({ chatJid, participantJid }) => `${chatJid} ${participantJid ?? ''}`)
  await commands.markRead(
    [...byAuthor.values()].map((ofAuthor) => ({
      chatJid: ofAuthor[0]?.chatJid ?? '',
      participantJid: ofAuthor[0]?.participantJid ?? null,
      whatsappIds: ofAuthor.map(({ whatsappId }) => whatsappId),
    })),
  )
  const at = now()
  await Promise.all(inOrder.map(({ messageId }) => messages.markRead(messageId, at)))
  return { messages: inOrder.length, hasMore: input.hasMore }
}
