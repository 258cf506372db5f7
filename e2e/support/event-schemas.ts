import { existsSync, readFileSync } from 'node:fs'
import * as z from 'zod'

const schemas = new Map<string, z.ZodType>()

/** The published schema of an event type; null: it is not documented. */
const schemaOf = (type: string): z.ZodType | null => {
  const file = `docs/events/schemas/${type}.json`
  if (!existsSync(file)) return null
  const known = schemas.get(type) ?? z.fromJSONSchema(JSON.parse(readFileSync(file, 'utf8')))
  schemas.set(type, known)
  return known
}

/** What of these events is not as docs/events says. Empty: all is. */
export const schemaProblems = (events: readonly { id: string; type: string }[]): string[] =>
  events.flatMap((event) => {
    const schema = schemaOf(event.type)
    if (!schema) return [`${event.type} is not documented`]
    const result = schema.safeParse(event)
    return result.success ? [] : [`${event.type} ${event.id}: ${z.prettifyError(result.error)}`]
  })
