import { randomBytes } from 'node:crypto'
import { newId } from '../../shared/core/ids.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { Sealed } from '../../shared/store/rows/fields.ts'
import type { MessageRow } from '../../shared/store/rows/message.ts'
import type { LinkRequest, SessionRow } from '../../shared/store/rows/session.ts'
import { BLANK_MESSAGE } from '../../shared/store/testing/blank-message.ts'
import { BLANK_SESSION } from '../../shared/store/testing/blank-session.ts'

/** META of a session that nobody has opened yet. */
export const newSessionRow = ({ tenantId, mode }: TenantScope, link: LinkRequest | null): SessionRow => ({
  v: 1,
  tenantId,
  mode,
  id: newId('ses'),
  name: 'Support',
  ...BLANK_SESSION,
  status: link ? 'linking' : 'created',
  link,
  createdAt: Date.now(),
})

/** A text to a phone, accepted now and due at once, for an hour. @param to digits */
export const newTextRow = (
  { tenantId, mode }: TenantScope,
  { id, sessionId, to, content }: { id: string; sessionId: string; to: string; content: Sealed },
): MessageRow => {
  const now = Date.now()
  const address = { contactId: null, phone: `+${to}`, lid: null, jid: null, kind: 'user' as const }
  return {
    v: 1,
    tenantId,
    mode,
    id,
    sessionId,
    direction: 'outbound',
    type: 'text',
    status: 'queued',
    chat: address,
    from: { ...address, phone: null },
    to: address,
    content,
    ...BLANK_MESSAGE,
    whatsappId: `3EB0${randomBytes(9).toString('hex').toUpperCase()}`,
    createdAt: now,
    expiresAt: now + 3_600_000,
  }
}
