import * as z from 'zod'
import type { FaultCode } from '../core/fault.ts'

/** A profile picture is small: WhatsApp's own clients send 640 × 640. It travels on an OPERATION row of at most 400 KB. */
const BASE64_CHARACTERS = 275_000

export const pictureBody = z
  .strictObject({
    imageBase64: z.base64().min(1).max(BASE64_CHARACTERS).optional().meta({
      description: 'A square JPEG, 64 to 1,280 pixels a side, at most 200 KB; it is sent as it is',
    }),
    mediaId: z.string().min(1).max(64).optional().meta({
      description:
        'Instead: a JPEG, PNG or WebP that was uploaded (POST /v1/media) or received, at most 16 MiB. Its middle is made a JPEG of 640 × 640',
    }),
  })
  .refine(
    ({ imageBase64, mediaId }) => Boolean(imageBase64) !== Boolean(mediaId),
    'Exactly one of imageBase64 and mediaId',
  )
  .meta({ example: { mediaId: 'med_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S' } })

export const PICTURE_FAULTS = [
  'media_not_found',
  'media_expired',
  'media_not_ready',
  'media_type_mismatch',
  'media_too_large',
] as const satisfies readonly FaultCode[]
