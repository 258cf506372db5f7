import { Fault } from '../core/fault.ts'
import type { ProxyEvent } from './gateway.ts'
import { type FieldProblem, validationFault } from './validate.ts'

const DEFAULT_MAXIMUM_BODY_BYTES = 1024 * 1024
const MAXIMUM_DEPTH = 32
const MAXIMUM_PROBLEMS = 20

/** Header names are case-insensitive; the gateway passes them as the client wrote them. */
export const headerOf = (event: ProxyEvent, name: string): string | null => {
  const wanted = name.toLowerCase()
  for (const [key, value] of Object.entries(event.headers ?? {})) if (key.toLowerCase() === wanted) return value ?? null
  return null
}

/** name → all its values; `x[]` is not special. */
export const queryOf = (event: ProxyEvent): Record<string, readonly string[]> => {
  const multiple = event.multiValueQueryStringParameters
  if (multiple) return Object.fromEntries(Object.entries(multiple).map(([name, values]) => [name, values ?? []]))
  return Object.fromEntries(
    Object.entries(event.queryStringParameters ?? {}).map(([name, value]) => [
      name,
      value === undefined ? [] : [value],
    ]),
  )
}

const bytesOf = (event: ProxyEvent): Buffer => Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')

/** Levels of nesting, without recursion: a hostile body must not exhaust the stack. */
const isTooDeep = (value: unknown): boolean => {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAXIMUM_DEPTH) return true
    level = level.flatMap((item) => (item !== null && typeof item === 'object' ? Object.values(item) : []))
  }
  return false
}

/**
 * The JSON body; undefined when there is none.
 * @throws Fault payload_too_large, unsupported_media_type, malformed_json
 */
export const readJsonBody = (event: ProxyEvent, maximumBytes = DEFAULT_MAXIMUM_BODY_BYTES): unknown => {
  const bytes = bytesOf(event)
  if (bytes.length === 0) return undefined
  if (bytes.length > maximumBytes)
    throw new Fault('payload_too_large', {
      detail: `The body has ${bytes.length} bytes; at most ${maximumBytes} are accepted here.`,
    })
  const type = (headerOf(event, 'content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type))
    throw new Fault('unsupported_media_type', {
      detail: `Send the body as JSON with "Content-Type: application/json"${type ? `, not "${type.slice(0, 100)}"` : ''}.`,
    })
  const encoding = headerOf(event, 'content-encoding')?.trim().toLowerCase()
  if (encoding && encoding !== 'identity')
    throw new Fault('unsupported_media_type', { detail: 'Send the body as it is, without Content-Encoding.' })
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (error) {
    throw new Fault('malformed_json', { detail: describeJsonError(error) }, { cause: error })
  }
  if (isTooDeep(value))
    throw new Fault('malformed_json', { detail: `The body is nested more than ${MAXIMUM_DEPTH} levels deep.` })
  if (SUSPICIOUS.test(text)) requireUsable(value)
  return value
}

/** Half a character can only come in as an escape: the bytes are valid UTF-8. Names may be written with escapes too. */
const SUSPICIOUS = /\\u|__proto__|constructor/

/** As names of customers' own pairs they would be lost or confuse what stores them; no field of ours is called so. */
const RESERVED_NAMES = new Set(['__proto__', 'constructor'])

/** What nothing of ours can store: half of a surrogate pair, reserved names. @throws Fault validation_failed with every place */
const requireUsable = (body: unknown): void => {
  const problems: FieldProblem[] = []
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'string' && !value.isWellFormed())
      problems.push({ path, message: 'Not well-formed Unicode: it holds half of a surrogate pair' })
    if (value === null || typeof value !== 'object') return
    for (const [name, inner] of Object.entries(value)) {
      const at = [path, name.toWellFormed()].filter(Boolean).join('.')
      if (!name.isWellFormed()) visit(name, at)
      if (RESERVED_NAMES.has(name)) problems.push({ path: at, message: 'This name is reserved: choose another one' })
      visit(inner, at)
    }
  }
  visit(body, '')
  if (problems.length > 0) throw validationFault(problems.slice(0, MAXIMUM_PROBLEMS))
}

/** The position, without the text of the body: an error message may end up in somebody's log. */
const describeJsonError = (error: unknown): string => {
  if (error instanceof TypeError) return 'The body is not valid UTF-8.'
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
  return position ? `The body is not valid JSON (at character ${position}).` : 'The body is not valid JSON.'
}
