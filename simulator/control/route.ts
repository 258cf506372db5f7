import * as z from 'zod'
import { Problem } from '../problem.ts'
import { findPhone, type Phone, upsertPhone } from '../store/phones.ts'
import { readSettings } from '../store/settings.ts'
import type { World } from '../world.ts'

export type Call = {
  world: World
  namespace: string
  params: Record<string, string>
  query: URLSearchParams
  body: unknown
}

export type Reply = { status: number; body: unknown }

/** `path` segments that start with ':' are parameters. */
export type Route = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  handle(call: Call): Reply | Promise<Reply>
}

export function ok(body: unknown, status = 200): Reply {
  return { status, body }
}

/** The body as `schema` wants it, or a 400 that names each wrong field. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, { body }: Call): z.infer<Schema> {
  const result = schema.safeParse(body ?? {})
  if (result.success) return result.data
  const detail = result.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ')
  throw new Problem(400, 'invalid_body', detail)
}

export const phoneSchema = z
  .string()
  .transform((text) => text.replace(/^\+/, ''))
  .refine((text) => /^[1-9]\d{6,14}$/.test(text), 'a phone number in E.164 form, with or without +')

/** The phone number in the path, without '+'. */
export function phoneNumberOf({ params }: Call): string {
  const result = phoneSchema.safeParse(params.phone ?? '')
  if (!result.success) throw new Problem(400, 'invalid_phone', `"${params.phone}" is not a phone number in E.164 form.`)
  return result.data
}

export function phoneOf(call: Call): Phone {
  return requirePhone(call, phoneNumberOf(call))
}

export function requirePhone({ world, namespace }: Call, number: string): Phone {
  const phone = findPhone(world.database, namespace, number)
  if (!phone)
    throw new Problem(404, 'unknown_phone', `There is no phone or contact +${number} in namespace "${namespace}".`)
  return phone
}

/** The phone, made on the spot if the namespace has `autoContacts` on. */
export function phoneOrNew(call: Call, number: string): Phone {
  const { world, namespace } = call
  const known = findPhone(world.database, namespace, number)
  if (!known && readSettings(world.database, namespace).autoContacts)
    return upsertPhone(world.database, namespace, number, {})
  return known ?? requirePhone(call, number)
}

/** A whole number from the query string between `least` and `most`. */
export function integerOf({ query }: Call, name: string, fallback: number, least: number, most: number): number {
  const text = query.get(name)
  if (text === null || text === '') return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most)
    throw new Problem(400, 'invalid_query', `${name} must be a whole number from ${least} to ${most}.`)
  return value
}

export function presentPhone(phone: Phone) {
  const { name, lid, readReceipts, addressing, groupAdd } = phone
  return {
    phone: `+${phone.phone}`,
    name,
    jid: `${phone.phone}@s.whatsapp.net`,
    lid: `${lid}@lid`,
    onWhatsApp: phone.onWhatsApp === 1,
    online: phone.online === 1,
    deliveryReceipts: phone.deliveryReceipts === 1,
    readReceipts,
    addressing,
    groupAdd,
  }
}
