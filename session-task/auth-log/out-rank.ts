import type { OutState } from './session-log.ts'

const RANK = { unknown: 1, failed: 2, sent: 3, delivered: 4, read: 5, played: 6 } as const

/** Evidence beats guesses: a later record never lowers what is known of a message (protocol §9, §6). */
export const messageStatusRank = (settled: OutState['settled']): number => (settled === null ? 0 : RANK[settled])
