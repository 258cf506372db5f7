import { assertNever } from '../../../shared/core/assert-never.ts'
import { type Hint, hintSchema, taskStoppedSchema } from '../../../shared/fleet/hints.ts'
import type { ReconcilerContext } from '../context.ts'
import { reconcileMode } from './reconcile-mode.ts'
import { reconcileSession } from './reconcile-session.ts'
import { recoverStoppedTask, recoverWorker } from './recover-worker.ts'

/** @param body of the hints queue: a hint of ours, or ECS's STOPPED event as EventBridge sent it */
export const followHint = async (context: ReconcilerContext, body: unknown): Promise<void> => {
  const stopped = taskStoppedSchema.safeParse(body)
  if (stopped.success) return recoverStoppedTask(context, stopped.data.detail)
  return follow(context, hintSchema.parse(body))
}

const follow = async (context: ReconcilerContext, hint: Hint): Promise<void> => {
  switch (hint.kind) {
    case 'session': {
      const { tenantId, mode, sessionId } = hint
      const outcome = await reconcileSession(context, { tenantId, mode, sessionId })
      context.log.info({ sessionId, outcome }, 'session hint')
      return
    }
    case 'workerReady': {
      const report = await reconcileMode(context, hint.mode)
      context.log.info({ workerId: hint.workerId, ...report }, 'worker ready')
      return
    }
    case 'workerGone':
      return recoverWorker(context, { ...hint, reason: 'hint' })
    default:
      return assertNever(hint)
  }
}
