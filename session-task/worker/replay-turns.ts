import { makeQueue } from './pacing.ts'

/** a replay of sound rows takes seconds; one that takes longer waits for DynamoDB or KMS, perhaps its tenant's alone */
const TURN_MS = 20_000

/**
 * One replay at a time, named on the worker's row while it has its turn: who takes a worker down is known (quarantine,
 * protocol §3). A replay that waits for something passes its turn on and goes on beside the next: the sessions of other
 * tenants must not wait for it.
 * @param name writes the name on the row, null: nobody's turn
 */
export const makeReplayTurns = (name: (sessionId: string | null) => Promise<void>, turnMs = TURN_MS) => {
  const inTurn = makeQueue()
  return async (sessionId: string, replay: () => Promise<void>): Promise<void> => {
    const started = await inTurn(async () => {
      await name(sessionId)
      const replaying = replay()
      await endOrTurn(replaying, turnMs)
      await name(null)
      return { replaying }
    })
    await started.replaying
  }
}

/** Resolves when the replay has ended, however, or its turn is over. */
const endOrTurn = async (replaying: Promise<void>, turnMs: number): Promise<void> => {
  const { promise: turnIsOver, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, turnMs)
  await Promise.race([replaying.catch(() => undefined), turnIsOver])
  clearTimeout(timer)
}
