import { presentReplay } from '../../../shared/contract/present.ts'
import { newId } from '../../../shared/core/ids.ts'
import { createOnce } from '../../../shared/http/create-once.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { readSpan } from '../../../shared/http/time-span.ts'
import { validationFault } from '../../../shared/http/validate.ts'
import { Replays } from '../../../shared/store/replays.ts'
import type { ReplayRow } from '../../../shared/store/rows/webhook.ts'
import { requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

/** The job is a row; the pipeline does it page by page, and the sweeper rings when a ring was lost. */
export const createWebhookReplay =
  ({ tables, ringPipeline }: ControlServices): Handler<'createWebhookReplay'> =>
  async ({ params, body }, context) => {
    const { scope, now } = context
    const endpoint = await requireEndpoint(tables, context, params.endpointId)
    const span = readSpan(body, 'body')
    // The index of the ledger is eventually consistent: what is younger than now is not part of a replay.
    const { since } = span
    const until = Math.min(now, span.until)
    if (since > until) throw validationFault([{ path: 'since', message: 'Must be in the past' }], 'body')
    const { repeated, answer } = await createOnce(tables, context, { ...params, ...body }, async () => {
      const row: ReplayRow = {
        v: 1,
        tenantId: scope.tenantId,
        mode: scope.mode,
        id: newId('rpl', now),
        endpointId: endpoint.id,
        select: body.select,
        since,
        until,
        types: body.types ?? [],
        status: 'running',
        examined: 0,
        enqueued: 0,
        position: null,
        version: 0,
        createdAt: now,
        completedAt: null,
      }
      return {
        legs: [new Replays(tables, scope).createLeg(row)],
        body: presentReplay(row),
        location: `/v1/webhook-endpoints/${endpoint.id}/replays/${row.id}`,
      }
    })
    const names = { v: 1, tenantId: scope.tenantId, mode: scope.mode, endpointId: endpoint.id } as const
    if (!repeated) await ringPipeline([{ ...names, kind: 'replay', replayId: answer.body.id }])
    return answer
  }
