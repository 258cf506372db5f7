import * as z from 'zod'
import { emptyBody, idOutput, idParameter, isoTime, pageOf, pageQuery } from './common.ts'
import { addressSchema } from './content/address.ts'
import type { Operation } from './operation.ts'
import { COMMAND_FAULTS, command, operationSchema } from './operation-resource.ts'
import { sessionParams } from './sessions.ts'

const LOOKUP_MAX = 50

export const contactSchema = z
  .object({
    id: idOutput('con').meta({
      description: 'Stable within the session; names of merged contacts lead to the one left',
    }),
    sessionId: idOutput('ses'),
    phone: z.string().nullable(),
    lid: z.string().nullable().meta({ description: 'Null until WhatsApp told it', example: '123456789012345@lid' }),
    hasChat: z.boolean().meta({ description: 'They wrote, or WhatsApp took a message for them' }),
    firstSeenAt: isoTime,
  })
  .meta({ id: 'Contact' })

const lookupSchema = z
  .object({
    data: z.array(
      z.object({
        input: z.string(),
        onWhatsApp: z.boolean().nullable().meta({ description: 'null: a LID that this session has never met' }),
        contact: addressSchema.nullable(),
      }),
    ),
  })
  .meta({ id: 'ContactLookup' })

export const profileFields = {
  about: z.string().nullable(),
  pictureUrl: z
    .string()
    .nullable()
    .meta({ description: 'WhatsApp’s own address of the picture; good for a few days. null: none, or not for us' }),
}

const contactProfileSchema = z
  .object({ contact: addressSchema, ...profileFields, aboutSetAt: isoTime.nullable() })
  .meta({ id: 'ContactProfile' })

const blockSchema = z.object({ contact: addressSchema, blocked: z.boolean() }).meta({ id: 'ContactBlock' })

const contactParams = sessionParams.extend({ contactId: idParameter('con') })
const common = { ...command, tag: 'contacts' } as const
const reads = { ...common, method: 'GET', scopes: ['contacts:read'], idempotent: 'natural' } as const
const oneContact = { params: contactParams, notFound: 'No contact with this id in this session.' } as const
const block = {
  ...common,
  ...oneContact,
  method: 'POST',
  scopes: ['contacts:manage'],
  idempotent: 'operationRow',
  body: emptyBody,
  responses: { 200: blockSchema, 202: operationSchema },
  faults: COMMAND_FAULTS,
} as const

export const contactOperations = {
  lookupContacts: {
    ...common,
    method: 'POST',
    path: '/v1/sessions/{sessionId}/contacts/lookup',
    summary: 'Which numbers are on WhatsApp, and who they are',
    scopes: ['contacts:read'],
    idempotent: 'operationRow',
    params: sessionParams,
    body: z.strictObject({
      addresses: z
        .array(z.string().min(1).max(100))
        .min(1)
        .max(LOOKUP_MAX)
        .meta({ description: 'Phone numbers, or LIDs (…@lid) that were met before', example: ['+5511988887777'] }),
    }),
    responses: { 200: lookupSchema, 202: operationSchema },
    faults: COMMAND_FAULTS,
  },
  listContacts: {
    ...reads,
    path: '/v1/sessions/{sessionId}/contacts',
    summary: 'People this session has met, or the one of a phone number or LID',
    description: 'By contact id. A look into our own records: the session need not be connected.',
    params: sessionParams,
    query: z.strictObject({
      ...pageQuery,
      phone: z.string().min(1).max(40).optional().meta({ example: '+5511988887777' }),
      lid: z.string().min(1).max(100).optional(),
    }),
    responses: { 200: pageOf(contactSchema) },
    faults: ['not_found', 'invalid_cursor'],
  },
  listBlockedContacts: {
    ...reads,
    path: '/v1/sessions/{sessionId}/contacts/blocked',
    summary: 'Whom the account has blocked',
    params: sessionParams,
    responses: { 200: z.object({ data: z.array(addressSchema) }), 202: operationSchema },
    faults: COMMAND_FAULTS,
  },
  getContact: {
    ...reads,
    ...oneContact,
    path: '/v1/sessions/{sessionId}/contacts/{contactId}',
    summary: 'Get a contact',
    description: 'A look into our own records: the session need not be connected.',
    responses: { 200: contactSchema },
    faults: ['not_found'],
  },
  getContactProfile: {
    ...reads,
    ...oneContact,
    path: '/v1/sessions/{sessionId}/contacts/{contactId}/profile',
    summary: 'About and picture of a contact, asked of WhatsApp',
    responses: { 200: contactProfileSchema, 202: operationSchema },
    faults: COMMAND_FAULTS,
  },
  blockContact: {
    ...block,
    path: '/v1/sessions/{sessionId}/contacts/{contactId}/block',
    summary: 'Block a contact: its messages do not arrive any more',
  },
  unblockContact: {
    ...block,
    path: '/v1/sessions/{sessionId}/contacts/{contactId}/unblock',
    summary: 'Unblock a contact',
  },
} as const satisfies Record<string, Operation>
