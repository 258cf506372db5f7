/**
 * Where a worker can be stopped: `<call>.before` the call leaves, `<call>.after` it had its effect and the answer is
 * lost. The four of the wire are seen at the log and at the connection's listeners.
 */
export type CallName =
  | 'segment'
  | 'snapshot'
  | 'head'
  | 'headRead'
  | 'claim'
  | 'event'
  | 'message'
  | 'lease'
  | 'heartbeat'
  | 'other'
export type RacePoint =
  | `${CallName}.before`
  | `${CallName}.after`
  | 'commit.beforeFrame'
  | 'receipt.before'
  | 'ack.before'
  | 'bus.before'
  | 'bus.after'

export type Phase = 'live' | 'opening' | 'draining'

export interface NamedRacePoint {
  readonly name: string
  readonly phase: Phase
  readonly point: RacePoint
  /** `kill`: the process is gone; `pause`: it stands still, and wakes when another one owns the session */
  readonly action: 'kill' | 'pause'
}

/** Every one has to be hit in a run, or the run proves nothing (protocol §8). */
export const RACE_POINTS: readonly NamedRacePoint[] = [
  { name: 'before commit', phase: 'live', point: 'segment.before', action: 'kill' },
  { name: 'PUT accepted, answer lost', phase: 'live', point: 'segment.after', action: 'kill' },
  { name: 'after commit, before the frame', phase: 'live', point: 'commit.beforeFrame', action: 'kill' },
  { name: 'before receipt', phase: 'live', point: 'receipt.before', action: 'kill' },
  { name: 'after wire, before ack', phase: 'live', point: 'ack.before', action: 'kill' },
  { name: 'during claim, before', phase: 'live', point: 'claim.before', action: 'kill' },
  { name: 'during claim, after', phase: 'live', point: 'claim.after', action: 'kill' },
  { name: 'before the message row', phase: 'live', point: 'message.before', action: 'kill' },
  { name: 'before the event row', phase: 'live', point: 'event.before', action: 'kill' },
  { name: 'between event row and bus', phase: 'live', point: 'bus.before', action: 'kill' },
  { name: 'after bus, before done', phase: 'live', point: 'bus.after', action: 'kill' },
  { name: 'during assign, HEAD not read', phase: 'opening', point: 'headRead.before', action: 'kill' },
  { name: 'during assign, HEAD not claimed', phase: 'opening', point: 'head.before', action: 'kill' },
  { name: 'during assign, HEAD claimed', phase: 'opening', point: 'head.after', action: 'kill' },
  { name: 'during assign, before the fence', phase: 'opening', point: 'segment.before', action: 'kill' },
  { name: 'during assign, after the fence', phase: 'opening', point: 'segment.after', action: 'kill' },
  { name: 'during drain, before snapshot', phase: 'draining', point: 'snapshot.before', action: 'kill' },
  { name: 'during drain, after snapshot', phase: 'draining', point: 'snapshot.after', action: 'kill' },
  { name: 'during drain, HEAD written', phase: 'draining', point: 'head.after', action: 'kill' },
  { name: 'during drain, before release', phase: 'draining', point: 'lease.before', action: 'kill' },
  { name: 'during drain, after release', phase: 'draining', point: 'lease.after', action: 'kill' },
  { name: 'split brain, woken at a commit', phase: 'live', point: 'segment.before', action: 'pause' },
  { name: 'split brain, woken before a frame', phase: 'live', point: 'commit.beforeFrame', action: 'pause' },
  { name: 'split brain, woken at a claim', phase: 'live', point: 'claim.before', action: 'pause' },
  { name: 'split brain, woken at an event row', phase: 'live', point: 'event.before', action: 'pause' },
  { name: 'stale opener, before HEAD', phase: 'opening', point: 'head.before', action: 'pause' },
  { name: 'stale opener, before the fence', phase: 'opening', point: 'segment.before', action: 'pause' },
]

/** Weather on top of a kill; each has to happen in a run. */
export const WEATHER = [
  's3 slow',
  's3 503 before',
  's3 503 after',
  's3 409',
  'dynamodb throttled',
  'dynamodb answer lost',
  'dynamodb away',
  'socket dropped',
  'ack lost',
  'ring late',
  'ring lost',
] as const
export type Weather = (typeof WEATHER)[number]
