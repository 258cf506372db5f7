import type * as z from 'zod'
import type { problemSchema } from '../../../shared/contract/common.ts'
import { type SendMessageBody, sendMessageBody } from '../../../shared/contract/content/send-body.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { isSettled } from '../../../shared/core/message-status.ts'
import type { Handler, TenantContext } from '../../../shared/http/handler.ts'
import { problemOf } from '../../../shared/http/problem.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { validate } from '../../../shared/http/validate.ts'
import type { MessageRow } from '../../../shared/store/rows/message.ts'
import type { SessionRow } from '../../../shared/store/rows/session.ts'
import { type AcceptedMessage, acceptMessage, type MessageRequest, readRequest, ringOwner } from '../accept-message.ts'
import { inParallel } from '../in-parallel.ts'
import { showAccepted } from '../present.ts'
import { nameOfRecipient } from '../recipient.ts'
import type { MessageServices } from '../services.ts'

/** Chats that are written side by side. */
const CHATS_AT_ONCE = 10

type Outcome = AcceptedMessage | { readonly fault: Fault }

/**
 * Items of one chat are accepted one after the other: a worker that reads OPEN meanwhile never sees a later one without
 * the earlier. Owners are rung once, after all rows are written.
 */
export const createMessageBatch =
  (services: MessageServices): Handler<'createMessageBatch'> =>
  async ({ body }, context) => {
    const outcomes: Outcome[] = []
    const requests: MessageRequest[] = []
    for (const [index, item] of body.messages.entries())
      try {
        requests.push(readRequest(validate(sendMessageBody, item, 'body') as SendMessageBody, context, index))
      } catch (error) {
        outcomes[index] = { fault: faultOf(services, error) }
      }
    const sessions = sessionReader(services, context)
    await inParallel(CHATS_AT_ONCE, chatsOf(requests), async (chat) => {
      let before: MessageRow | null = null
      for (const request of chat)
        try {
          const session = await sessions(request.body.sessionId)
          const message: AcceptedMessage = await acceptMessage(services, context, session, request, before)
          outcomes[request.batchIndex] = message
          before = message.row
        } catch (error) {
          outcomes[request.batchIndex] = { fault: faultOf(services, error) }
        }
    })
    const waiting = outcomes.flatMap((outcome) =>
      'row' in outcome && !isSettled(outcome.row.status) ? [outcome.row.sessionId] : [],
    )
    await inParallel(CHATS_AT_ONCE, [...new Set(waiting)], (sessionId) => ringOwner(services, context, sessionId))
    const data = await Promise.all(outcomes.map((outcome, index) => present(services, context, outcome, index)))
    const accepted = outcomes.filter((outcome) => 'row' in outcome).length
    context.note({ items: outcomes.length, accepted, refused: outcomes.length - accepted })
    return { status: 200, body: { data } }
  }

/** Items that are accepted one after the other. An answer does not name its chat: then the session has one order. */
const chatsOf = (requests: readonly MessageRequest[]): MessageRequest[][] => {
  const withAnswers = new Set(requests.filter(({ body }) => body.to === undefined).map(({ body }) => body.sessionId))
  const chatOf = ({ body: { sessionId, to } }: MessageRequest) =>
    to === undefined || withAnswers.has(sessionId) ? sessionId : `${sessionId} ${nameOfRecipient(sessionId, to)}`
  return [...Map.groupBy(requests, chatOf).values()]
}

/** One read per session of the batch. */
const sessionReader = ({ tables }: MessageServices, context: TenantContext) => {
  const known = new Map<string, Promise<SessionRow>>()
  return (sessionId: string): Promise<SessionRow> => {
    const session = known.get(sessionId) ?? requireSession(tables, context, sessionId)
    known.set(sessionId, session)
    return session
  }
}

/** What broke one item on our side is told of that item: others may stand already. */
const faultOf = ({ log }: MessageServices, error: unknown): Fault => {
  if (error instanceof Fault) return error
  log.error({ err: error }, 'an item of a batch failed')
  return new Fault('internal_error', {
    detail: 'This item failed on our side. Send the same batch again with the same Idempotency-Key.',
  })
}

const present = async (services: MessageServices, context: TenantContext, outcome: Outcome, index: number) => {
  if ('row' in outcome)
    return {
      index,
      status: 202,
      message: await showAccepted(services.tenantKeys, context, outcome),
      error: null,
    }
  const problem = problemOf(outcome.fault, context.requestId, services.docsBaseUrl)
  return { index, status: problem.status, message: null, error: problem.body as z.input<typeof problemSchema> }
}
