import * as z from 'zod'

export const addressSchema = z
  .object({
    contactId: z.string().nullable(),
    phone: z.string().nullable(),
    lid: z.string().nullable(),
    jid: z.string().nullable(),
    kind: z.enum(['user', 'group', 'status', 'channel', 'unknown']),
  })
  .meta({ id: 'Address', description: 'jid and lid are null until WhatsApp resolved them' })

/** A person or chat as tenants write it: a text, or the address object of an answer. */
export const addressInput = z.union([
  z.string().max(100),
  z.strictObject({
    contactId: z.string().max(100).nullish(),
    phone: z.string().max(100).nullish(),
    lid: z.string().max(100).nullish(),
    jid: z.string().max(100).nullish(),
    kind: z.string().max(20).nullish(),
  }),
])
export type AddressInput = z.output<typeof addressInput>
