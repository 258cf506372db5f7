import * as z from 'zod'

/** A profile picture is small: WhatsApp's own clients send 640 × 640. */
const BASE64_CHARACTERS = 700_000

export const pictureBody = z.strictObject({
  imageBase64: z.base64().min(1).max(BASE64_CHARACTERS).meta({
    description: 'A square JPEG, 64 to 1,280 pixels a side, at most 512 KB',
  }),
})
