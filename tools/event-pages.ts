import * as z from 'zod'
import { EVENT_DATA, eventSchemaOf } from '../shared/contract/event-data.ts'
import { EVENT_TYPES, type EventType } from '../shared/contract/event-types.ts'
import { API_VERSION } from '../shared/events/envelope.ts'

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly additionalProperties?: unknown
}

/** JSON Schema (2020-12) of one event type; unknown fields are allowed, later versions add some. */
export const makeEventSchema = (type: EventType): JsonSchema => {
  const { $defs, ...schema } = z.toJSONSchema(eventSchemaOf(type), { io: 'input' }) as Record<string, unknown>
  const whole = writeOut(schema, ($defs ?? {}) as Record<string, unknown>) as JsonSchema
  return { ...whole, ...{ title: type, description: EVENT_DATA[type].meaning } }
}

/** One file per event, complete in itself: shared parts are written out where they are named. */
const writeOut = (part: unknown, definitions: Readonly<Record<string, unknown>>): unknown => {
  if (Array.isArray(part)) return part.map((item) => writeOut(item, definitions))
  if (part === null || typeof part !== 'object') return part
  const { $ref, id: _id, ...rest } = part as Record<string, unknown>
  const named = typeof $ref === 'string' ? definitions[$ref.replace('#/$defs/', '')] : {}
  // A property may be called id: then it is a schema, not a name.
  const fields = { ...(named as object), ...rest, ...(typeof _id === 'object' ? { id: _id } : {}) }
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name, value]) => !(name === 'id' && typeof value === 'string'))
      .map(([name, value]) => [name, writeOut(value, definitions)]),
  )
}

const SOURCES = {
  log: 'Numbered: `sequence` is its place among the events of its session.',
  control: 'Made by the platform: `sequence` is null.',
  either: 'Numbered when the session’s worker made it; `sequence` is null when the platform did.',
} as const

const typeOf = (schema: JsonSchema): string => {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' or ')
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(' ')
  if (schema.type === 'array') return `array of ${typeOf(schema.items ?? {})}`
  if (schema.format) return schema.format
  return String(schema.type ?? 'any').replaceAll(',', ' or ')
}

const objectOf = (schema: JsonSchema): JsonSchema | null => {
  if (schema.properties) return schema
  if (schema.type === 'array' && schema.items) return objectOf(schema.items)
  return schema.anyOf?.map(objectOf).find((part) => part !== null) ?? null
}

const MAXIMUM_DEPTH = 3
const rowsOf = (schema: JsonSchema, prefix: string, depth = 0): string[] => {
  const { properties = {}, required = [] } = objectOf(schema) ?? {}
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const shown = `| \`${path}\` | ${typeOf(field)} | ${required.includes(name) ? 'always' : ''} | ${field.description ?? ''} |`
    const inner = depth < MAXIMUM_DEPTH && name !== 'metadata' ? rowsOf(field, `${path}.`, depth + 1) : []
    return [shown, ...inner]
  })
}

/** docs/events/<type>.md */
const makeEventPage = (type: EventType): string => {
  const { meaning, source, isPlanned } = EVENT_DATA[type]
  const fields = rowsOf(makeEventSchema(type).properties!.data!, 'data.')
  const content = isPlanned
    ? 'Named in the contract; this version does not send it yet.'
    : `| field | type | | |\n| --- | --- | --- | --- |\n${fields.join('\n')}`
  return `# ${type}

Generated from \`shared/contract/event-data.ts\` (\`npm run openapi\`).

${meaning}

${SOURCES[source]} JSON Schema of the whole event: [${type}.json](schemas/${type}.json). The fields around \`data\`: [all events](README.md).

${content}
`
}

/** docs/events/README.md */
const makeEventIndex = (): string => {
  const rows = EVENT_TYPES.map((type) => {
    const { meaning, source, isPlanned } = EVENT_DATA[type]
    const number = source === 'control' ? 'no' : source === 'log' ? 'yes' : 'if made by a worker'
    return `| [\`${type}\`](${type}.md) | ${meaning}${isPlanned ? ' *(not sent yet)*' : ''} | ${number} |`
  })
  return `# Events

Generated from \`shared/contract/event-data.ts\` (\`npm run openapi\`).

One object everywhere: in \`GET /v1/events\`, as the body of a webhook, in the streams.

\`\`\`json
{ "id": "evt_…", "type": "message.received", "apiVersion": "${API_VERSION}", "tenantId": "ten_…", "mode": "live",
  "sessionId": "ses_…", "sequence": 17, "timestamp": "…", "data": { } }
\`\`\`

* \`id\` never changes: over retries, replays and reads. It is the \`webhook-id\` of its deliveries.
* \`sequence\` counts per session 1, 2, 3… without gap. \`sessionId\` and \`sequence\` are null where nothing of that is meant.
* Within an \`apiVersion\` fields are only added. Ignore fields and types that you do not know.
* An endpoint with \`payload: thin\` gets everything but \`data\`. \`data\` is null, and \`expungedAt\` there, after
  \`POST /v1/events/{eventId}/expunge\`.
* Events are kept as long as the plan says: \`eventRetentionDays\` of \`GET /v1/limits\`.
* Subscribe to exact types, \`area.*\` or \`*\`. \`session.qr\` and \`presence.updated\` come only
  when they are named.

| type | what happened | sequence |
| --- | --- | --- |
${rows.join('\n')}
`
}

/** Every generated file of docs/events, by its path. */
export const makeEventFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['docs/events/README.md', makeEventIndex()],
    ...EVENT_TYPES.flatMap((type): [string, string][] => [
      [`docs/events/${type}.md`, makeEventPage(type)],
      [`docs/events/schemas/${type}.json`, `${JSON.stringify(makeEventSchema(type), null, 2)}\n`],
    ]),
  ])
