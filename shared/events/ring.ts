import * as z from 'zod'
import { SendMessageCommand, type SQSClient } from '../aws/sqs.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { type Hint, sendHint } from '../fleet/hints.ts'
import type { Log } from '../log/log.ts'
import { emitMetrics } from '../log/metrics.ts'
import { modeSchema } from '../store/rows/fields.ts'
import type { LeaseRow } from '../store/rows/session.ts'

/**
 * Body of a message in a worker's queue. It names a session, never a message: the worker reads rows (protocol §6).
 * messages: OPEN may have new rows. operations: OPENOP may have new rows. desired: LEASE.desired, ASSIGNED.desired or META.link changed.
 * restart: close and connect anew, although RUNNING was wanted before too.
 */
export const ringSchema = z.object({
  v: z.literal(1),
  kind: z.enum(['messages', 'operations', 'desired', 'restart']),
  tenantId: z.string(),
  mode: modeSchema,
  sessionId: z.string(),
})
export type Ring = z.infer<typeof ringSchema>

/** Rings owners and hints the reconciler. Rows are the truth: a failed ring is counted and is not an error. */
export class Bell {
  readonly #client: SQSClient
  readonly #hintsQueueUrl: string
  readonly #log: Log

  constructor(input: { client: SQSClient; hintsQueueUrl: string; log: Log }) {
    this.#client = input.client
    this.#hintsQueueUrl = input.hintsQueueUrl
    this.#log = input.log
  }

  /**
   * After a change of rows, with a lease that was read after the change was written: the owner is rung; without one, the
   * reconciler is hinted when somebody has to open the session.
   */
  async ring(
    scope: TenantScope,
    lease: LeaseRow,
    kind: Ring['kind'],
  ): Promise<'rung' | 'hinted' | 'nobody' | 'failed'> {
    const names = { v: 1, tenantId: scope.tenantId, mode: scope.mode, sessionId: lease.sessionId } as const
    const hint: Hint = { ...names, kind: 'session' }
    const { owner, queueUrl } = lease
    if (owner && queueUrl && (await this.#calmly(lease, () => this.#ringOwner(queueUrl, { ...names, kind }))))
      return 'rung'
    // A queue that does not take the ring may be that of a worker that is gone: somebody should look.
    if (owner === null && lease.desired !== 'RUNNING' && lease.settled) return 'nobody'
    return (await this.#calmly(lease, () => sendHint(this.#client, this.#hintsQueueUrl, hint))) ? 'hinted' : 'failed'
  }

  async #ringOwner(queueUrl: string, ring: Ring): Promise<void> {
    await this.#client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(ring) }))
  }

  async #calmly(lease: LeaseRow, send: () => Promise<void>): Promise<boolean> {
    try {
      await send()
      return true
    } catch (error) {
      this.#log.warn({ err: error, sessionId: lease.sessionId }, 'ring failed, the sweep finds the rows')
      emitMetrics({ ring_failed_count: [1, 'Count'] })
      return false
    }
  }
}
