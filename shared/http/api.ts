import type { ApiFunction, Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { Fault } from '../core/fault.ts'
import { type IdPrefix, isId, newId } from '../core/ids.ts'
import type { LimitEvents } from '../events/limit-events.ts'
import type { Log } from '../log/log.ts'
import type { Tables } from '../store/tables.ts'
import { answerOnce } from './answer-once.ts'
import { isAudited, withAudit } from './audit-request.ts'
import type { Authenticator } from './authenticate.ts'
import { authorize, notFoundOf } from './authorize.ts'
import { locationFor } from './base-path.ts'
import { corsHeaders } from './cors.ts'
import { Cursors } from './cursor.ts'
import type { ProxyEvent, ProxyResult } from './gateway.ts'
import type { Answer, BaseContext, HandlersOf, TenantContext } from './handler.ts'
import type { SecretReader } from './platform-secret.ts'
import { problemOf } from './problem.ts'
import { toProxyResult } from './proxy-result.ts'
import { type RequestRecord, reportRequest } from './report-request.ts'
import { headerOf, queryOf, readJsonBody } from './request.ts'
import { RateLimited, type RequestLimiter } from './request-limiter.ts'
import { makeRouter } from './router.ts'
import type { UsageMeter } from './usage-meter.ts'
import { validate, validationFault } from './validate.ts'

export interface ApiDependencies {
  readonly tables: Tables
  readonly authenticator: Authenticator
  readonly readSecret: SecretReader
  readonly limiter: RequestLimiter
  readonly meter: UsageMeter
  readonly liveModeEnabled: boolean
  readonly docsBaseUrl: string
  /** web origins whose pages may read answers */
  readonly corsOrigins: readonly string[]
  readonly log: Log
  /** null: a function that cannot reach what telling takes; the tenant hears of the limit from the others */
  readonly limitEvents: LimitEvents | null
  readonly clock?: () => number
  readonly writeMetrics?: (line: string) => void
}

type AnyHandler = (input: unknown, context: BaseContext) => Promise<Answer>

/** Path parameters that are ids: a text that cannot be one gets the 404 of an unknown id, before anything is read. */
const ID_PARAMETERS: Readonly<Record<string, IdPrefix>> = {
  tenantId: 'ten',
  keyId: 'key',
  sessionId: 'ses',
  messageId: 'msg',
  eventId: 'evt',
  endpointId: 'whk',
  deliveryId: 'dlv',
  replayId: 'rpl',
  workerId: 'wrk',
  contactId: 'con',
  operationId: 'op',
}

/**
 * The kernel of every API function: route → key → rights → body → validation → handler → answer. Everything that is
 * thrown becomes problem+json; one log line and one set of metrics per request.
 */
export const makeApi = <Function extends ApiFunction>(
  functionName: Function,
  handlers: HandlersOf<Function>,
  dependencies: ApiDependencies,
): ((event: ProxyEvent) => Promise<ProxyResult>) => {
  const clock = dependencies.clock ?? Date.now
  const all: Readonly<Record<string, Operation>> = operations
  const route = makeRouter(all)

  const run = async (event: ProxyEvent, requestId: string, now: number, outcome: RequestRecord): Promise<Answer> => {
    const { name, params } = route(event.httpMethod, event.path)
    outcome.operationName = name
    const operation = all[name]!
    if (operation.function !== functionName) throw new Fault('not_found', { detail: 'There is nothing at this path.' })
    const context = await makeContext(event, requestId, now, outcome, operation, params)
    const input = {
      params: operation.params && validate(operation.params, checkIds(operation, params), 'path'),
      query: readQuery(operation, event),
      body: operation.body && validate(operation.body, bodyOf(event, operation), 'body'),
    }
    const act = () => (handlers as unknown as Record<string, AnyHandler>)[name]!(input, context)
    const handle = () =>
      operation.idempotent === 'answerRow'
        ? answerOnce(dependencies.tables, context as TenantContext, input, act)
        : act()
    if (!outcome.principal || !isAudited(operation)) return handle()
    const { principal, auditFields: fields } = outcome
    return withAudit(dependencies, { event, principal, operationName: name, params, requestId, now, fields }, handle)
  }

  const makeContext = async (
    event: ProxyEvent,
    requestId: string,
    now: number,
    outcome: RequestRecord,
    operation: Operation,
    params: Readonly<Record<string, string>>,
  ): Promise<BaseContext> => {
    const base: BaseContext = {
      requestId,
      now,
      operationName: outcome.operationName,
      operation,
      idempotencyKey: readIdempotencyKey(event),
      header: (name) => headerOf(event, name),
      note: (fields) => Object.assign(outcome.fields, fields),
      audit: (fields) => Object.assign(outcome.auditFields, fields),
    }
    if (operation.auth === 'none') return base
    const principal = await dependencies.authenticator.authenticate(event, operation.acceptsTicket)
    outcome.principal = principal
    if (principal.kind === 'tenant') {
      outcome.counted = dependencies.meter.count(principal, now)
      outcome.headers = await dependencies.limiter.admit(principal, now)
    }
    authorize(principal, operation, params, dependencies)
    const cursors = new Cursors((await dependencies.readSecret()).pepper)
    return {
      ...base,
      principal,
      cursors,
      ...(principal.kind === 'tenant' ? { scope: principal.scope } : {}),
    } as BaseContext
  }

  return async (event) => {
    const now = clock()
    const requestId = newId('req', now)
    const outcome: RequestRecord = {
      operationName: 'none',
      principal: null,
      fields: {},
      auditFields: {},
      counted: null,
      headers: {},
    }
    let answer: Answer
    let fault: Fault | null = null
    try {
      answer = await run(event, requestId, now, outcome)
    } catch (error) {
      fault = faultOf(error)
      if (fault instanceof RateLimited) outcome.headers = fault.headers
      answer = problemOf(fault, requestId, dependencies.docsBaseUrl)
    }
    if (outcome.principal?.kind === 'tenant') {
      const reached = fault?.details.limit
      await Promise.all([
        // An answer that the caller has is a call that is counted, whatever happens to this process next.
        outcome.counted,
        reached && dependencies.limitEvents?.tell(outcome.principal.scope, reached, now),
      ])
    }
    const request = { ...outcome, requestId, gatewayRequestId: event.requestContext.requestId }
    reportRequest(dependencies, request, answer, fault, clock() - now)
    const cors = corsHeaders(headerOf(event, 'origin'), dependencies.corsOrigins)
    const vary = [cors.Vary, answer.headers?.Vary].filter(Boolean).join(', ')
    const headers = { ...outcome.headers, ...cors, ...answer.headers, ...(vary ? { Vary: vary } : {}) }
    return toProxyResult({ ...answer, headers: { ...headers, ...locationFor(event, headers) } }, requestId)
  }
}

const faultOf = (error: unknown): Fault =>
  error instanceof Fault
    ? error
    : new Fault(
        'internal_error',
        { detail: 'The request failed on our side. Try again; if it keeps failing, report the requestId.' },
        { cause: error },
      )

const checkIds = (operation: Operation, params: Readonly<Record<string, string>>) => {
  for (const [name, value] of Object.entries(params)) {
    const prefix = ID_PARAMETERS[name]
    if (prefix && !isId(prefix, value)) throw notFoundOf(operation)
  }
  return params
}

/** No body is an empty one; `null` is a body, and none that any operation takes. */
const bodyOf = (event: ProxyEvent, operation: Operation): unknown => {
  const body = readJsonBody(event, operation.maximumBodyBytes)
  return body === undefined ? {} : body
}

const readQuery = (operation: Operation, event: ProxyEvent): unknown => {
  const query = queryOf(event)
  if (!operation.query) {
    const names = Object.keys(query)
    if (names.length > 0)
      throw validationFault(
        names.map((path) => ({ path, message: 'Unknown query parameter' })),
        'query',
      )
    return undefined
  }
  const single = Object.entries(query).map(([name, values]) => [name, values.length === 1 ? values[0] : values])
  return validate(operation.query, Object.fromEntries(single), 'query')
}

const readIdempotencyKey = (event: ProxyEvent): string | null => {
  const key = headerOf(event, 'idempotency-key')
  if (key === null) return null
  if (/^[\x20-\x7e]{1,255}$/.test(key) && key.trim() !== '') return key
  throw validationFault([{ path: 'Idempotency-Key', message: 'Must be 1 to 255 printable ASCII characters' }], 'header')
}
