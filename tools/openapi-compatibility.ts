/** A JSON document or a part of it. */
type Node = { readonly [name: string]: unknown }

const isNode = (value: unknown): value is Node => value !== null && typeof value === 'object' && !Array.isArray(value)
const nodeOf = (value: unknown): Node => (isNode(value) ? value : {})
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

interface Sides {
  readonly released: Node
  readonly current: Node
}

const resolve = (schema: Node, document: Node): Node => {
  const ref = typeof schema.$ref === 'string' ? schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1) : null
  return ref ? nodeOf(nodeOf(nodeOf(document.components).schemas)[ref]) : schema
}

const typesOf = (schema: Node, document: Node): Set<string> => {
  const union = [...listOf(schema.anyOf), ...listOf(schema.oneOf)]
  if (union.length > 0) return new Set(union.flatMap((part) => [...typesOf(resolve(nodeOf(part), document), document)]))
  if ('const' in schema) return new Set([JSON.stringify(schema.const)])
  if (schema.enum) return new Set(listOf(schema.enum).map((value) => JSON.stringify(value)))
  const types = typeof schema.type === 'string' ? [schema.type] : listOf(schema.type).map(String)
  return new Set(types.length ? types : ['any'])
}

/** Does a type of the one side fit into the types of the other? A literal fits into its type, an integer into number. */
const fits = (type: string, into: ReadonlySet<string>): boolean => {
  if (into.has(type) || into.has('any')) return true
  if (type === 'integer') return into.has('number')
  if (/^"/.test(type)) return into.has('string')
  if (/^-?\d/.test(type)) return into.has('number') || into.has('integer')
  return (type === 'true' || type === 'false') && into.has('boolean')
}

/**
 * What of `current` breaks a client of `released`. Additions are fine; so are new values of enums in answers (clients are
 * told to expect them).
 */
export const findBreaks = (released: Node, current: Node): string[] => {
  const breaks: string[] = []
  const sides: Sides = { released, current }
  for (const [path, methods] of Object.entries(nodeOf(released.paths)))
    for (const [method, was] of Object.entries(nodeOf(methods))) {
      const name = `${method.toUpperCase()} ${path}`
      const is = nodeOf(nodeOf(current.paths)[path])[method]
      if (!isNode(is)) breaks.push(`${name}: removed`)
      else compareOperation(sides, name, nodeOf(was), is, breaks)
    }
  return breaks
}

const compareOperation = (sides: Sides, name: string, was: Node, is: Node, breaks: string[]): void => {
  if (was.operationId !== is.operationId)
    breaks.push(`${name}: operationId ${was.operationId} became ${is.operationId}`)
  compareParameters(sides, name, was, is, breaks)
  const bodyOf = (operation: Node) =>
    nodeOf(nodeOf(nodeOf(nodeOf(operation.requestBody).content)['application/json']).schema)
  if (was.requestBody && !is.requestBody) breaks.push(`${name}: takes no body any more`)
  if (is.requestBody) {
    if (nodeOf(is.requestBody).required && !nodeOf(was.requestBody).required)
      breaks.push(`${name}: the body became required`)
    if (was.requestBody) compareRequest(sides, `${name} body`, bodyOf(was), bodyOf(is), breaks, 0)
  }
  const answers = nodeOf(is.responses)
  for (const [status, answer] of Object.entries(nodeOf(was.responses))) {
    if (Number(status) >= 400) continue
    if (!answers[status]) {
      breaks.push(`${name}: ${status} is not answered any more`)
      continue
    }
    for (const [type, content] of Object.entries(nodeOf(nodeOf(answer).content))) {
      const now = nodeOf(nodeOf(answers[status]).content)[type]
      if (!now) breaks.push(`${name} ${status}: ${type} is gone`)
      else
        compareAnswer(sides, `${name} ${status}`, nodeOf(nodeOf(content).schema), nodeOf(nodeOf(now).schema), breaks, 0)
    }
  }
}

const compareParameters = (sides: Sides, name: string, was: Node, is: Node, breaks: string[]): void => {
  const byName = (operation: Node) =>
    new Map(listOf(operation.parameters).map((one) => [`${nodeOf(one).in} ${nodeOf(one).name}`, nodeOf(one)]))
  const [before, now] = [byName(was), byName(is)]
  for (const [key, parameter] of before) {
    const standing = now.get(key)
    if (!standing) breaks.push(`${name}: parameter ${key} removed`)
    else compareRequest(sides, `${name} ${key}`, nodeOf(parameter.schema), nodeOf(standing.schema), breaks, 0)
  }
  for (const [key, parameter] of now)
    if (parameter.required && !before.get(key)?.required) breaks.push(`${name}: parameter ${key} became required`)
}

const MAXIMUM_DEPTH = 12

/** The objects among the choices of a union; none when it is no union. */
const objectsOf = (schema: Node, document: Node): Node[] =>
  [...listOf(schema.anyOf), ...listOf(schema.oneOf)]
    .map((part) => resolve(nodeOf(part), document))
    .filter((part) => isNode(part.properties))

/** What was accepted must still be accepted. */
const compareRequest = (sides: Sides, at: string, before: Node, after: Node, breaks: string[], depth: number): void => {
  if (depth > MAXIMUM_DEPTH) return
  const [was, is] = [resolve(before, sides.released), resolve(after, sides.current)]
  const choices = objectsOf(is, sides.current)
  if (choices.length > 0) {
    // Each object that was accepted must still be accepted by one of the choices.
    const earlier = objectsOf(was, sides.released)
    for (const one of earlier.length > 0 ? earlier : was.properties ? [was] : []) {
      const tries = choices.map((choice) => {
        const found: string[] = []
        compareRequest(sides, at, one, choice, found, depth + 1)
        return found
      })
      tries.sort((a, b) => a.length - b.length)
      breaks.push(...(tries[0] ?? []))
    }
  }
  const now = typesOf(is, sides.current)
  for (const type of typesOf(was, sides.released))
    if (!fits(type, now)) breaks.push(`${at}: ${type} is not accepted any more`)
  for (const [bound, stricter] of [
    ['maxLength', -1],
    ['maximum', -1],
    ['maxItems', -1],
    ['minLength', 1],
    ['minimum', 1],
  ] as const) {
    const [a, b] = [was[bound], is[bound]]
    if (typeof b === 'number' && (typeof a === 'number' ? (b - a) * stricter > 0 : stricter === -1))
      breaks.push(`${at}: ${bound} became ${b}`)
  }
  const properties = nodeOf(is.properties)
  const required = new Set(listOf(was.required))
  for (const [name, schema] of Object.entries(nodeOf(was.properties))) {
    if (choices.length > 0) continue
    if (!isNode(properties[name])) breaks.push(`${at}.${name}: not accepted any more`)
    else compareRequest(sides, `${at}.${name}`, nodeOf(schema), nodeOf(properties[name]), breaks, depth + 1)
  }
  for (const name of listOf(is.required))
    if (was.properties && !required.has(name)) breaks.push(`${at}.${String(name)}: became required`)
  if (was.items) compareRequest(sides, `${at}[]`, nodeOf(was.items), nodeOf(is.items), breaks, depth + 1)
}

/** What was answered must still be there, with the same types. */
const compareAnswer = (sides: Sides, at: string, before: Node, after: Node, breaks: string[], depth: number): void => {
  if (depth > MAXIMUM_DEPTH) return
  const [was, is] = [resolve(before, sides.released), resolve(after, sides.current)]
  const known = typesOf(was, sides.released)
  const hasLiterals = [...known].some((type) => /^["\d]/.test(type))
  for (const type of typesOf(is, sides.current))
    if (!fits(type, known) && !(hasLiterals && /^"/.test(type))) breaks.push(`${at}: may be ${type} now`)
  const properties = nodeOf(is.properties)
  const required = new Set(listOf(is.required))
  for (const [name, schema] of Object.entries(nodeOf(was.properties))) {
    if (!isNode(properties[name])) breaks.push(`${at}.${name}: gone`)
    else compareAnswer(sides, `${at}.${name}`, nodeOf(schema), nodeOf(properties[name]), breaks, depth + 1)
    if (listOf(was.required).includes(name) && !required.has(name)) breaks.push(`${at}.${name}: may be missing now`)
  }
  if (was.items) compareAnswer(sides, `${at}[]`, nodeOf(was.items), nodeOf(is.items), breaks, depth + 1)
}
