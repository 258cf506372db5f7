import { createHash, randomUUID } from 'node:crypto'
import jsonata from 'jsonata'
import { StatesError } from './states-error.ts'

/** The functions that Step Functions adds to JSONata. */
const FUNCTIONS = {
  uuid: () => randomUUID(),
  random: () => Math.random(),
  parse: (text: string) => JSON.parse(text),
  hash: (text: string, algorithm = 'SHA-256') =>
    createHash(algorithm.replace('-', '').toLowerCase()).update(text).digest('hex'),
  range: (first: number, last: number, step: number) => {
    const out: number[] = []
    for (let value = first; step > 0 ? value <= last : value >= last; value += step) out.push(value)
    return out
  },
  partition: (list: unknown[], size: number) =>
    Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size)),
}

const compiled = new Map<string, ReturnType<typeof jsonata>>()
const compile = (expression: string) => {
  let found = compiled.get(expression)
  if (!found) {
    found = jsonata(expression)
    compiled.set(expression, found)
  }
  return found
}

/** Is the text a JSONata expression, "{% … %}"? */
const expressionIn = (text: string): string | null => /^\{%([\s\S]*)%\}$/.exec(text)?.[1] ?? null

/**
 * Evaluates every "{% … %}" inside a value of a state definition. @param bindings `states` and the variables
 * @throws StatesError States.QueryEvaluationError, also for an expression without a result, as Step Functions does
 */
export const evaluate = async (value: unknown, bindings: Record<string, unknown>): Promise<any> => {
  if (Array.isArray(value)) return Promise.all(value.map((item) => evaluate(item, bindings)))
  if (value !== null && typeof value === 'object') {
    const entries = await Promise.all(
      Object.entries(value).map(async ([name, item]) => [name, await evaluate(item, bindings)]),
    )
    return Object.fromEntries(entries)
  }
  const expression = typeof value === 'string' ? expressionIn(value) : null
  if (expression === null) return value
  let result: unknown
  try {
    result = await compile(expression).evaluate(undefined, { ...FUNCTIONS, ...bindings })
  } catch (error) {
    throw new StatesError('States.QueryEvaluationError', `${expression.trim()}: ${(error as Error).message}`)
  }
  if (result === undefined) throw new StatesError('States.QueryEvaluationError', `no result: ${expression.trim()}`)
  return JSON.parse(JSON.stringify(result))
}
