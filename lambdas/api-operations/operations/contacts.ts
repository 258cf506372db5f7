import type * as z from 'zod'
import type { contactSchema } from '../../../shared/contract/contacts.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { Target } from '../../../shared/core/operation-inputs.ts'
import type { Handler, TenantContext } from '../../../shared/http/handler.ts'
import { positionOf, toList } from '../../../shared/http/pages.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { type ContactRow, Contacts } from '../../../shared/store/contacts.ts'
import { command } from '../command.ts'
import { parseTarget } from '../parse-address.ts'
import type { OperationServices } from '../services.ts'

const present = (sessionId: string, row: ContactRow): z.input<typeof contactSchema> => ({
  id: row.contactId,
  sessionId,
  phone: row.phone,
  lid: row.lid,
  hasChat: row.chattedAt !== null,
  firstSeenAt: new Date(row.firstSeenAt).toISOString(),
})

const requireContact = async (
  { tables }: OperationServices,
  context: TenantContext,
  { sessionId, contactId }: { sessionId: string; contactId: string },
): Promise<ContactRow> => {
  const row = await new Contacts(tables, context.scope, sessionId).get(contactId)
  if (!row) throw new Fault('not_found', { detail: 'No contact with this id in this session.' })
  return row
}

export const contactHandlers = (services: OperationServices) => {
  const { tables } = services
  const targetOf = async (
    { params }: { params: { sessionId: string; contactId: string } },
    context: TenantContext,
  ): Promise<{ target: Target }> => {
    const { phone, lid } = await requireContact(services, context, params)
    return { target: { phone, lid, group: null } }
  }
  return {
    lookupContacts: command(services, 'lookupContacts', async ({ params, body }, context) => ({
      addresses: await Promise.all(
        body.addresses.map(async (text, index) => ({
          input: text,
          target: await parseTarget(tables, context, params.sessionId, {
            text,
            path: `addresses.${index}`,
            allowed: 'person',
          }),
        })),
      ),
    })),
    listBlockedContacts: command(services, 'listBlockedContacts', () => ({})),
    getContactProfile: command(services, 'getContactProfile', targetOf),
    blockContact: command(services, 'blockContact', targetOf),
    unblockContact: command(services, 'unblockContact', targetOf),
    getContact: getContact(services),
    listContacts: listContacts(services),
  }
}

const getContact =
  (services: OperationServices): Handler<'getContact'> =>
  async ({ params }, context) => {
    await requireSession(services.tables, context, params.sessionId)
    return { status: 200, body: present(params.sessionId, await requireContact(services, context, params)) }
  }

const listContacts =
  ({ tables }: OperationServices): Handler<'listContacts'> =>
  async ({ params: { sessionId }, query }, context) => {
    await requireSession(tables, context, sessionId)
    const contacts = new Contacts(tables, context.scope, sessionId)
    const text = query.phone ?? query.lid
    if (text !== undefined) {
      const path = query.phone === undefined ? 'lid' : 'phone'
      const target = await parseTarget(tables, context, sessionId, { text, path, allowed: 'person' })
      const row = await contacts.ofAddress(target.phone ?? target.lid ?? '')
      return { status: 200, body: toList(context, { items: row ? [present(sessionId, row)] : [], next: null }) }
    }
    const filters = { sessionId }
    const after = positionOf(context, query.cursor, filters)
    const page = await contacts.list({ limit: query.limit, after })
    const items = page.items.map((row) => present(sessionId, row))
    return { status: 200, body: toList(context, { items, next: page.next }, filters) }
  }
