import * as z from 'zod'
import { isoTime, modeSchema } from './common.ts'
import type { Operation } from './operation.ts'

export const clientVersionSchema = z
  .object({
    mode: modeSchema,
    version: z
      .string()
      .nullable()
      .meta({ description: 'what workers announce to WhatsApp; null: what each worker brings' }),
    setAt: isoTime.nullable(),
    refused: z
      .array(
        z.object({
          version: z.string(),
          sessions: z.number().int().meta({ description: 'sessions that heard it lately, at most 4 are counted' }),
          heldUntil: isoTime
            .nullable()
            .meta({ description: 'nobody connects before then, and one tries; null: nobody is held' }),
        }),
      )
      .meta({ description: 'versions that WhatsApp refused (405)' }),
  })
  .meta({ id: 'ClientVersion' })

const params = z.object({ mode: modeSchema })
const common = {
  function: 'api-keys',
  tag: 'admin',
  auth: 'admin',
  scopes: [],
  idempotent: 'natural',
  path: '/v1/admin/whatsapp-version/{mode}',
  params,
} as const

export const clientVersionOperations = {
  getClientVersion: {
    ...common,
    method: 'GET',
    summary: 'Get the WhatsApp Web version of a mode, and which versions WhatsApp refuses',
    responses: { 200: clientVersionSchema },
    faults: [],
  },
  setClientVersion: {
    ...common,
    method: 'PUT',
    summary: 'Set the WhatsApp Web version that the workers of a mode announce',
    description:
      'Workers see it within ten seconds. Sessions that wait because WhatsApp refused the version before connect with the new one; those that are connected take it with their next connection.',
    body: z.strictObject({
      version: z.string().max(40).nullable().meta({
        description: 'as web.whatsapp.com shows it; null: what each worker brings',
        example: '2.3000.1043857760',
      }),
    }),
    responses: { 200: clientVersionSchema },
    faults: ['conflict'],
  },
} as const satisfies Record<string, Operation>
