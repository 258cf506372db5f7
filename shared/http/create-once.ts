import { hashOfRequest } from '../core/canonical-json.ts'
import { Fault } from '../core/fault.ts'
import { IdempotencyRows, type StoredAnswer } from '../store/idempotency.ts'
import { type Leg, transact } from '../store/table.ts'
import type { Tables } from '../store/tables.ts'
import type { AdminContext, TenantContext } from './handler.ts'

const CONFLICT_TRIES = 7

interface Created<Body> {
  readonly legs: readonly Leg[]
  readonly body: Body
  /** what a repeated request gets: the same with secrets null */
  readonly storedBody?: Body
  readonly location: string
  /** which refusal a failed condition of `legs` means; null: something changed at the same moment */
  readonly explain?: (failed: readonly boolean[]) => Fault | null
}

/**
 * Creates a resource, at most once per Idempotency-Key: the idempotency row is in the transaction of the resource, so
 * there is no moment in which one exists without the other.
 * @param request what was asked, as it was understood
 * @param create makes ids and legs; called only when the key is new
 * @returns the answer, and whether it is a repeated one
 * @throws Fault idempotency_key_reused, and whatever `create` throws
 */
export const createOnce = async <Body>(
  tables: Tables,
  context: TenantContext | AdminContext,
  request: unknown,
  create: () => Promise<Created<Body>>,
): Promise<{ repeated: boolean; answer: { status: 201; body: Body; headers: Record<string, string> } }> => {
  const rows = new IdempotencyRows(tables, 'scope' in context ? context.scope.prefix : 'ADMIN#')
  const key = context.idempotencyKey
  const requestHash = hashOfRequest({ operation: context.operationName, request })
  for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
    const known = key === null ? null : await rows.find(key, context.now)
    if (known) return { repeated: true, answer: replay(known, requestHash) }
    const created = await create()
    const stored: StoredAnswer = {
      requestHash,
      status: 201,
      body: JSON.stringify(created.storedBody ?? created.body),
      location: created.location,
    }
    const legs = key === null ? created.legs : [...created.legs, rows.leg(key, stored, context.now)]
    const result = await transact(tables.client, legs)
    if (result.outcome === 'written')
      return { repeated: false, answer: { status: 201, body: created.body, headers: { Location: created.location } } }
    if (result.outcome === 'conditionFailed' && (key === null || !result.failed.at(-1)))
      throw (
        created.explain?.(result.failed) ??
        new Fault('conflict', { detail: 'Something this depends on changed at the same moment: try again.' })
      )
    if (result.outcome === 'conflict') await pause(attempt)
  }
  throw new Fault('conflict', { detail: 'Another request with this Idempotency-Key is under way: try again.' })
}

/** Two transactions on one row: both try again, not at the same moment. */
const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20 * 2 ** attempt))

const replay = <Body>(known: StoredAnswer, requestHash: string) => {
  if (known.requestHash !== requestHash)
    throw new Fault('idempotency_key_reused', {
      detail: 'This Idempotency-Key was used with another request. Use a new key for a new request.',
      param: 'Idempotency-Key',
    })
  return {
    status: 201 as const,
    body: JSON.parse(known.body) as Body,
    headers: { Location: known.location ?? '', 'Idempotent-Replayed': 'true' },
  }
}
