import * as z from 'zod'

/** A profile picture is small: WhatsApp's own clients send 640 × 640. It travels on an OPERATION row of at most 400 KB. */
const BASE64_CHARACTERS = 275_000

export const pictureBody = z.strictObject({
  imageBase64: z.base64().min(1).max(BASE64_CHARACTERS).meta({
    description: 'A square JPEG, 64 to 1,280 pixels a side, at most 200 KB',
  }),
})
