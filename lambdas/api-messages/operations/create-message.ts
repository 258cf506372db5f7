import { isSettled } from '../../../shared/core/message-status.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { acceptMessage, readRequest, ringOwner } from '../accept-message.ts'
import { showAccepted } from '../present.ts'
import type { MessageServices } from '../services.ts'

/**
 * Accept (protocol §2, §9): session status → MESSAGE and OPEN in one transaction → **then** a consistent read of the
 * lease → ring. A worker that takes the session over either sees the OPEN row or is seen by our lease read.
 */
export const createMessage =
  (services: MessageServices): Handler<'createMessage'> =>
  async ({ body }, context) => {
    const request = readRequest(body, context)
    context.note({ messageId: request.messageId })
    const session = await requireSession(services.tables, context, body.sessionId)
    const message = await acceptMessage(services, context, session, request)
    const { row } = message
    if (!isSettled(row.status)) await ringOwner(services, context, row.sessionId)
    return {
      status: 202,
      body: await showAccepted(services.tenantKeys, context, message),
      headers: { Location: `/v1/messages/${row.id}` },
    }
  }
