import { emitMetrics } from '../../../shared/log/metrics.ts'
import type { ReconcilerContext } from '../context.ts'
import { advanceDeletions } from './advance-deletions.ts'
import { advanceSuspensions } from './advance-suspensions.ts'
import { reconcileMode } from './reconcile-mode.ts'
import { type TickHealth, watchHeartbeats } from './watch-heartbeats.ts'

/** Once a minute: everything that hints may have missed, then the heartbeats for the rest of the minute. */
export const tick = async (context: ReconcilerContext): Promise<void> => {
  const health: TickHealth = { sawError: false }
  const noted = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      health.sawError = true
      throw error
    }
  }
  const [live, test, watched, deletions, suspensions] = await Promise.allSettled([
    noted(reconcileMode(context, 'live')),
    noted(reconcileMode(context, 'test')),
    noted(watchHeartbeats(context, health)),
    noted(advanceDeletions(context)),
    noted(advanceSuspensions(context)),
  ])
  const errors = [live, test, watched, deletions, suspensions].flatMap((result) =>
    result.status === 'rejected' ? [result.reason] : [],
  )
  context.log.info(
    {
      live: live.status === 'fulfilled' ? live.value : null,
      test: test.status === 'fulfilled' ? test.value : null,
      fenced: watched.status === 'fulfilled' ? watched.value : null,
      errors: errors.length,
    },
    'tick',
  )
  emitMetrics({ reconcile_tick_error_count: [errors.length, 'Count'] })
  if (errors.length) throw new AggregateError(errors, 'the tick saw errors and fenced nobody after the first one')
}
