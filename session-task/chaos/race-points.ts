/** Where a worker can be told to die. `before`: the call is never made; `lost`: it has its effect, nobody hears of it. */
export const RACE_POINTS = {
  head: { before: 'before HEAD put', lost: 'HEAD written, answer lost' },
  segment: { before: 'before segment put', lost: 'segment written, answer lost', after: 'segment durable' },
  snapshot: { before: 'before snapshot put', lost: 'snapshot written, answer lost' },
  table: { before: 'before row write', lost: 'row written, answer lost', after: 'row written' },
  event: { before: 'event row written, not published', lost: 'published, answer lost' },
} as const

type Points<T> = T extends string ? T : { [K in keyof T]: Points<T[K]> }[keyof T]

export const OTHER_POINTS = [
  'logged in',
  'decrypted, not journaled',
  'journaled, not durable',
  'claimed, not relayed',
  'handed to the gate',
  'on the wire, not acked',
  'receipt came',
] as const

export type RacePoint = Points<typeof RACE_POINTS> | (typeof OTHER_POINTS)[number]

export const ALL_POINTS: readonly RacePoint[] = [
  ...Object.values(RACE_POINTS).flatMap((points) => Object.values(points) as RacePoint[]),
  ...OTHER_POINTS,
]
