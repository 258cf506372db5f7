import { EventEmitter } from 'node:events'
import type { WASocket } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { QueryBudget } from './query-budget.ts'
import { type Restriction, readRestrictions, reportRestrictions } from './restrictions.ts'

const caches = () => ({ queries: new QueryBudget() })
const ends = new Date('2026-11-22T00:00:00Z')
const lock = { isActive: true, timeEnforcementEnds: ends, enforcementType: 'DEFAULT' }
const cap = { capping_status: 'CAPPED', used_quota: 30, total_quota: 30, cycle_end_timestamp: '1800000000' }
const LOCKED = { kind: 'newChatsLocked', isActive: true, until: ends.getTime(), reason: 'DEFAULT' }
const CAPPED = { kind: 'newChatsCapped', isActive: true, until: 1_800_000_000_000, used: 30, total: 30 }

describe('restrictions of an account', () => {
  it('are told when WhatsApp tells them, with their end', () => {
    const ev = new EventEmitter()
    const told: Restriction[] = []
    reportRestrictions({ ev } as unknown as WASocket, (restriction) => told.push(restriction))
    ev.emit('connection.update', { connection: 'open' })
    ev.emit('connection.update', { reachoutTimeLock: lock })
    ev.emit('connection.update', { reachoutTimeLock: { isActive: false } })
    ev.emit('message-capping.update', cap)
    ev.emit('message-capping.update', { capping_status: 'FIRST_WARNING' })
    expect(told).toEqual([
      LOCKED,
      { kind: 'newChatsLocked', isActive: false, until: null, reason: null },
      CAPPED,
      { kind: 'newChatsCapped', isActive: false, until: null, used: null, total: null },
    ])
  })

  it('are read on demand; silence about the cap says nothing about it', async () => {
    const socket = (answer: unknown) =>
      ({
        fetchAccountReachoutTimelock: async () => lock,
        fetchNewChatMessageCap: async () => answer,
      }) as unknown as WASocket
    expect(await readRestrictions(socket(cap), caches())).toEqual([LOCKED, CAPPED])
    expect(await readRestrictions(socket(undefined), caches())).toEqual([LOCKED])
  })
})
