import { checkAccount } from './check-account.ts'
import { checkApi, checkRollout, checkSessions, checkVersions, checkWorkers } from './check-fleet.ts'
import { checkQueues, checkSecret } from './check-queues.ts'
import type { Facts } from './facts.ts'
import type { Finding } from './finding.ts'

/** Every check says something, also when all is well: silence is not health. */
export const diagnose = (facts: Facts): Finding[] => [
  checkApi(facts),
  ...checkWorkers(facts),
  ...checkVersions(facts),
  checkSessions(facts),
  ...facts.rollouts.map((rollout) => checkRollout(rollout, facts.now)),
  ...checkQueues(facts),
  checkSecret(facts),
  ...checkAccount(facts),
]
