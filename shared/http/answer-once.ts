import { hashOfRequest } from '../core/canonical-json.ts'
import { Fault } from '../core/fault.ts'
import { CLAIMED, IdempotencyRows } from '../store/idempotency.ts'
import type { Tables } from '../store/tables.ts'
import type { Answer, TenantContext } from './handler.ts'

/** Longer than any function runs. */
const CLAIM_SECONDS = 60

/**
 * Idempotency of operations that act outside of our tables (the helpers of test mode): the key is claimed, then the
 * handler acts, then its answer is kept. A crash in between leaves the claim; after a minute a repeat acts again.
 * @throws Fault idempotency_key_reused, conflict (the first request is still under way)
 */
export const answerOnce = async (
  tables: Tables,
  context: TenantContext,
  request: unknown,
  act: () => Promise<Answer>,
): Promise<Answer> => {
  const key = context.idempotencyKey
  if (key === null) return act()
  const rows = new IdempotencyRows(tables, context.scope.prefix)
  const requestHash = hashOfRequest({ operation: context.operationName, request })
  const standing = await rows.claim(key, requestHash, context.now, CLAIM_SECONDS)
  if (standing) {
    if (standing.requestHash !== requestHash)
      throw new Fault('idempotency_key_reused', {
        detail: 'This Idempotency-Key was used with another request. Use a new key for a new request.',
        param: 'Idempotency-Key',
      })
    if (standing.status === CLAIMED)
      throw new Fault('conflict', {
        detail: 'The first request with this Idempotency-Key is still under way: try again.',
      })
    return { status: standing.status, body: JSON.parse(standing.body), headers: { 'Idempotent-Replayed': 'true' } }
  }
  let answer: Answer
  try {
    answer = await act()
  } catch (error) {
    // A refusal did nothing: the corrected state of the session may let the same request pass.
    await rows.unclaim(key)
    throw error
  }
  const stored = { requestHash, status: answer.status, body: JSON.stringify(answer.body ?? null), location: null }
  await rows.complete(key, stored, context.now)
  return answer
}
