import * as z from 'zod'
import { LARGEST_MEDIA_BYTES } from '../core/content-limits.ts'
import { idOutput, idParameter, isoTime, modeSchema } from './common.ts'
import { wellFormed } from './content/parts.ts'
import type { Operation } from './operation.ts'

export const mediaSchema = z
  .object({
    id: idOutput('med'),
    mode: modeSchema,
    status: z.enum(['uploading', 'pending', 'stored', 'unavailable']).meta({
      description:
        'uploading: waits for your upload; pending: the platform fetches it; stored; unavailable: see failure',
    }),
    source: z.enum(['upload', 'url', 'inbound']),
    mimetype: z.string().meta({ example: 'image/jpeg' }),
    sizeBytes: z.number().int().nullable(),
    sha256: z.string().nullable().meta({ description: 'Hex' }),
    fileName: z.string().nullable(),
    sessionId: z.string().nullable(),
    messageId: z.string().nullable().meta({ description: 'The received message that brought it' }),
    failure: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }).nullable(),
    upload: z
      .object({
        method: z.literal('PUT'),
        url: z.string(),
        headers: z.record(z.string(), z.string()),
        expiresAt: isoTime,
      })
      .nullable()
      .meta({ description: 'Send the bytes there, with exactly these headers' }),
    downloadUrl: z
      .string()
      .nullable()
      .meta({ description: 'For five minutes, without a key; null until it is stored' }),
    downloadUrlExpiresAt: isoTime.nullable(),
    createdAt: isoTime,
    expiresAt: isoTime,
  })
  .meta({ id: 'Media' })

const common = { function: 'api-messages', tag: 'media', auth: 'tenant', sessionKeys: true } as const
const one = {
  ...common,
  params: z.object({ mediaId: idParameter('med') }),
  notFound: 'No file with this id.',
} as const

export const createMediaBody = z.strictObject({
  mimetype: z
    .string()
    .max(100)
    .regex(/^[\w.+-]+\/[\w.+-]+(\s*;\s*[\w.+-]+=[\w.+"-]+)*$/, 'Not a media type')
    .meta({ example: 'image/jpeg' }),
  sizeBytes: z.number().int().min(1).max(LARGEST_MEDIA_BYTES).meta({ example: 48_211 }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'Not a SHA-256 in hex')
    .optional()
    .meta({ description: 'Hex. S3 refuses other bytes than these' }),
  fileName: wellFormed(z.string().min(1).max(240)).optional(),
})

export const mediaOperations = {
  createMedia: {
    ...common,
    method: 'POST',
    path: '/v1/media',
    summary: 'Upload a file',
    description:
      'Answers a link for exactly this size and type, for 15 minutes: PUT the bytes there, then use the id in messages. Files are kept for 30 days.',
    scopes: ['messages:send'],
    idempotent: 'answerRow',
    body: createMediaBody,
    responses: { 201: mediaSchema },
    faults: ['quota_exceeded'],
  },
  getMedia: {
    ...one,
    method: 'GET',
    path: '/v1/media/{mediaId}',
    summary: 'Get a file: its state, and a link to download it',
    scopes: ['messages:read'],
    idempotent: 'natural',
    responses: { 200: mediaSchema },
    faults: ['not_found'],
  },
  deleteMedia: {
    ...one,
    method: 'DELETE',
    path: '/v1/media/{mediaId}',
    summary: 'Delete a file before its time',
    description: 'Messages that were not sent yet and use it fail.',
    scopes: ['messages:send'],
    idempotent: 'natural',
    responses: { 204: null },
    faults: ['not_found'],
  },
} as const satisfies Record<string, Operation>
