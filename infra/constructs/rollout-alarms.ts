/** Alarms that a bad version can cause: a rollout waits while one of them rings, and ends as failed if it does not stop. */
export const ROLLOUT_ALARMS = [
  'session-crashes',
  'quarantined-sessions',
  'disconnect-storm',
  'lease-fences',
  'fence-cap-reached',
  'sessions-waiting',
  'allocate-session-failing',
  'worker-lifecycle-failing',
  'worker-event-loop',
  'messages-slow',
  'reconcile-errors',
] as const
