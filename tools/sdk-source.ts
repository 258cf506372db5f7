import * as z from 'zod'
import { EVENT_TYPES } from '../shared/contract/event-types.ts'
import type { JsonSchema } from '../shared/contract/json-schema.ts'
import type { Operation } from '../shared/contract/operation.ts'
import { operations } from '../shared/contract/operations.ts'
import { FAULTS } from '../shared/core/fault.ts'
import { makeOpenApi } from './openapi-document.ts'

const HEADER = '// Generated from shared/contract by `npm run openapi`. Do not edit.\n\n'
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const comment = (text: string | undefined, indent = ''): string =>
  text ? `${indent}/** ${text.replaceAll('*/', '* /')} */\n` : ''

/** A TypeScript type of a JSON schema. */
const typeOf = (schema: JsonSchema, indent = ''): string => {
  if (schema.$ref) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const union = schema.anyOf ?? schema.oneOf
  if (union) return [...new Set(union.map((part) => typeOf(part, indent)))].join(' | ')
  if (schema.allOf) return schema.allOf.map((part) => typeOf(part, indent)).join(' & ')
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type }, indent)).join(' | ')
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return String(schema.type)
    case 'integer':
    case 'number':
      return 'number'
    case 'array': {
      const item = typeOf(schema.items ?? {}, indent)
      return /[|&\s]/.test(item) ? `(${item})[]` : `${item}[]`
    }
    case 'object':
      return objectType(schema, indent)
    default:
      return 'unknown'
  }
}

const objectType = (schema: JsonSchema, indent: string): string => {
  const { additionalProperties } = schema
  if (!schema.properties)
    return `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties, indent) : 'unknown'}>`
  const inner = `${indent}  `
  const fields = Object.entries(schema.properties).map(([name, field]) => {
    const optional = schema.required?.includes(name) ? '' : '?'
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
    return `${comment(field.description, inner)}${inner}${key}${optional}: ${typeOf(field, inner)}\n`
  })
  return fields.length ? `{\n${fields.join('')}${indent}}` : 'Record<string, never>'
}

const inputType = (schema: z.ZodType): string =>
  typeOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema)

/** Components, bodies and queries of all operations, event types, error codes. */
export const makeSdkTypes = (version: string): string => {
  const document = JSON.parse(JSON.stringify(makeOpenApi(version))) as {
    components: { schemas: Record<string, JsonSchema> }
    paths: Record<
      string,
      Record<string, { responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }> }>
    >
  }
  const components = Object.entries(document.components.schemas).map(
    ([name, schema]) => `${comment(schema.description)}export type ${name} = ${typeOf(schema)}\n`,
  )
  const perOperation = all().map(([name, operation]) => {
    const answers = document.paths[operation.path]![operation.method.toLowerCase()]!.responses
    const types = Object.keys(operation.responses).map((status) => {
      const schema = answers[status]?.content?.['application/json']?.schema
      return schema ? typeOf(schema) : 'null'
    })
    return [
      operation.body ? `export type ${capital(name)}Body = ${inputType(operation.body)}\n` : '',
      operation.query ? `export type ${capital(name)}Query = ${queryType(operation.query)}\n` : '',
      `export type ${capital(name)}Answer = ${[...new Set(types)].join(' | ')}\n`,
    ].join('')
  })
  const list = (name: string, values: readonly string[]): string =>
    `export type ${name} =\n${values.map((value) => `  | ${JSON.stringify(value)}\n`).join('')}`
  return [
    HEADER,
    components.join('\n'),
    '\n',
    perOperation.join('\n'),
    '\n',
    list('EventType', EVENT_TYPES),
    '\n',
    list('ErrorCode', Object.keys(FAULTS)),
  ].join('')
}

/** Queries hold numbers as numbers, whatever the server coerces them from. */
const queryType = (schema: z.ZodObject): string =>
  typeOf(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as JsonSchema).replace(
    /^( {2}\w+)\??:/gm,
    '$1?:',
  )

const all = (): [string, Operation][] => Object.entries(operations as Record<string, Operation>)

const NOUNS = /(Sessions?|Messages?|Keys?|Tenants?|WebhookEndpoints?|Events?|Workers?)$/
const METHOD_NAMES: Readonly<Record<string, string>> = {
  createTenantKey: 'createForTenant',
  getOwnTenant: 'me',
  testListContactMessages: 'listContactMessages',
  listAuditLog: 'list',
  listPlatformAuditLog: 'listPlatform',
  getLimits: 'get',
  getUsage: 'get',
  getHealth: 'get',
  createWebhookEndpoint: 'create',
  listDeliveries: 'listDeliveries',
  createMessageBatch: 'createBatch',
}

/** createSession → create, getQr → getQr, testScan → scan. */
const methodName = (name: string, operation: Operation): string => {
  const known = METHOD_NAMES[name]
  if (known) return known
  if (operation.testModeOnly) return name.charAt(4).toLowerCase() + name.slice(5)
  if (operation.tag === 'admin') return name
  return name.replace(NOUNS, '') || name
}

const groupName = (tag: string): string =>
  tag.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase()).replace('mode', 'Mode')

const isList = (operation: Operation): boolean =>
  operation.method === 'GET' && operation.query !== undefined && 'cursor' in operation.query.shape

const describeMethod = (name: string, operation: Operation, method: string): string => {
  const params = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
  const path = `\`${operation.path.replace(/\{(\w+)\}/g, (_, param: string) => `\${encodeURIComponent(${param})}`)}\``
  const optionalBody = operation.body?.safeParse({}).success ? ' = {}' : ''
  const optionalQuery = operation.query?.safeParse({}).success ? ' = {}' : ''
  const parameters = [
    ...params.map((param) => `${param}: string`),
    ...(operation.body ? [`body: types.${capital(name)}Body${optionalBody}`] : []),
    ...(operation.query ? [`query: types.${capital(name)}Query${optionalQuery}`] : []),
    'options: RequestOptions = {}',
  ].join(', ')
  const idempotent =
    operation.method !== 'POST' || operation.idempotent === 'natural' || operation.idempotent.endsWith('Row')
  const request = [
    `method: '${operation.method}'`,
    `path: ${path.includes('${') ? path : path.replaceAll('`', "'")}`,
    ...(operation.body ? ['body'] : []),
    ...(operation.query ? ['query'] : []),
    `retryable: ${idempotent}`,
    ...(operation.idempotent.endsWith('Row') ? ['takesIdempotencyKey: true'] : []),
  ].join(', ')
  const answer = `types.${capital(name)}Answer`
  const scopes = operation.scopes.length ? ` Scopes: ${operation.scopes.join(', ')}.` : ''
  const text = `${operation.summary}${/[.?!]$/.test(operation.summary) ? '' : '.'}${operation.description ? ` ${operation.description}` : ''}${scopes}`
  const body = isList(operation)
    ? `${method}(${parameters}): ListRequest<${answer}> {\n    return new ListRequest((cursor) => this.#send<${answer}>({ ${request.replace(', query,', ', query: cursor === undefined ? query : { ...query, cursor },')} }, options))\n  }\n`
    : `${method}(${parameters}): Promise<${answer}> {\n    return this.#send<${answer}>({ ${request} }, options)\n  }\n`
  return `${comment(text, '  ')}  ${body}`
}

/** One class per tag with a method per operation. */
export const makeSdkResources = (): string => {
  const groups = Map.groupBy(all(), ([, operation]) => groupName(operation.tag))
  const classes = [...groups].map(([group, members]) => {
    const taken = new Set<string>()
    const methods = members.map(([name, operation]) => {
      const short = methodName(name, operation)
      const method = taken.has(short) ? name : short
      taken.add(method)
      return describeMethod(name, operation, method)
    })
    return `export class ${capital(group)} {\n  readonly #send: Send\n  constructor(send: Send) {\n    this.#send = send\n  }\n\n${methods.join('\n')}}\n`
  })
  const index = [...groups.keys()]
  return [
    HEADER,
    "import type * as types from './types.ts'\nimport { ListRequest } from './list-request.ts'\nimport type { RequestOptions, Send } from './send.ts'\n\n",
    classes.join('\n'),
    '\n/** All resources of the API over one way to send. */\nexport class Resources {\n',
    index.map((group) => `  readonly ${group}: ${capital(group)}\n`).join(''),
    '\n  constructor(send: Send) {\n',
    index.map((group) => `    this.${group} = new ${capital(group)}(send)\n`).join(''),
    '  }\n}\n',
  ].join('')
}
