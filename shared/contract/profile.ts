import * as z from 'zod'
import { profileFields } from './contacts.ts'
import { addressSchema } from './content/address.ts'
import type { Operation } from './operation.ts'
import { COMMAND_FAULTS, command, operationSchema } from './operation-resource.ts'
import { PICTURE_FAULTS, pictureBody } from './picture.ts'
import { sessionParams } from './sessions.ts'

/** WhatsApp's own limits. */
const NAME_CHARACTERS = 25
const ABOUT_CHARACTERS = 139

const profileSchema = z
  .object({ account: addressSchema, name: z.string().nullable(), ...profileFields })
  .meta({ id: 'Profile' })

const presenceSchema = z
  .object({ chat: addressSchema.nullable(), state: z.string().meta({ example: 'composing' }) })
  .meta({ id: 'Presence' })

const chatSchema = z.string().min(1).max(100).meta({
  description: 'A phone number, a LID, a contact id or a group id',
  example: '+5511988887777',
})

const common = { ...command, params: sessionParams, faults: COMMAND_FAULTS } as const
const profile = { ...common, tag: 'profile', scopes: ['profile:manage'], idempotent: 'operationRow' } as const
const presence = {
  ...common,
  tag: 'presence',
  method: 'POST',
  scopes: ['presence:manage'],
  idempotent: 'operationRow',
} as const

export const profileOperations = {
  getProfile: {
    ...profile,
    method: 'GET',
    path: '/v1/sessions/{sessionId}/profile',
    summary: 'Name, about and picture of the account',
    scopes: ['sessions:read'],
    idempotent: 'natural',
    responses: { 200: profileSchema, 202: operationSchema },
  },
  updateProfile: {
    ...profile,
    method: 'PATCH',
    path: '/v1/sessions/{sessionId}/profile',
    summary: 'Change the name or the about text',
    body: z
      .strictObject({
        name: z.string().trim().min(1).max(NAME_CHARACTERS).optional().meta({ example: 'Acme Support' }),
        about: z.string().max(ABOUT_CHARACTERS).optional().meta({ example: 'Mon to Fri, 9 to 18' }),
      })
      .refine(({ name, about }) => name !== undefined || about !== undefined, 'Nothing to change'),
    responses: { 200: profileSchema, 202: operationSchema },
  },
  setProfilePicture: {
    ...profile,
    method: 'PUT',
    path: '/v1/sessions/{sessionId}/profile/picture',
    summary: 'Set the picture of the account',
    body: pictureBody,
    responses: { 200: profileSchema, 202: operationSchema },
    faults: [...profile.faults, ...PICTURE_FAULTS],
  },
  removeProfilePicture: {
    ...profile,
    method: 'DELETE',
    path: '/v1/sessions/{sessionId}/profile/picture',
    summary: 'Remove the picture of the account',
    responses: { 200: profileSchema, 202: operationSchema },
  },
  sendPresence: {
    ...presence,
    path: '/v1/sessions/{sessionId}/presence',
    summary: 'Show typing or recording in a chat, or the account as online',
    description:
      'composing and recording fade after about 25 s. available stops push notifications on the phone until unavailable. Waits at most 15 s for the session to be connected.',
    body: z.discriminatedUnion('state', [
      z.strictObject({ state: z.enum(['composing', 'recording', 'paused']), chat: chatSchema }),
      z.strictObject({ state: z.enum(['available', 'unavailable']) }),
    ]),
    responses: { 200: presenceSchema, 202: operationSchema },
  },
  subscribePresence: {
    ...presence,
    path: '/v1/sessions/{sessionId}/presence/subscribe',
    summary: 'Be told when a contact comes and goes (presence.updated), until the session reconnects',
    body: z.strictObject({ chat: chatSchema }),
    responses: { 200: presenceSchema, 202: operationSchema },
  },
} as const satisfies Record<string, Operation>
