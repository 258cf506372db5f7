import { describe, expect, it } from 'vitest'
import type { DisconnectInfo } from './disconnect.ts'
import { DISCONNECT_MESSAGES } from './disconnect.ts'
import { decideReconnect, NEW_HISTORY, type ReconnectHistory } from './reconnect-decision.ts'

const NOW = 1_000_000_000
const LINKED: ReconnectHistory = { ...NEW_HISTORY, isLinked: true }
const decide = (info: Partial<DisconnectInfo>, history: ReconnectHistory = LINKED, random = 0.999) =>
  decideReconnect({ code: 0, message: '', ...info }, history, NOW, random)

describe('the disconnect table', () => {
  it.each([
    [408, 'connection_lost'],
    [428, 'connection_closed'],
    [500, 'server_error'],
    [501, 'server_unavailable'],
    [503, 'server_unavailable'],
    [400, 'unexpected_close'],
    [999, 'unexpected_close'],
  ])('%i reconnects with back-off as %s', (code, reason) => {
    expect(decide({ code }).decision).toMatchObject({
      action: 'reconnect',
      status: 'reconnecting',
      delayMs: 999,
      reason: { code: reason, waCode: code, retryable: true },
    })
  })

  it.each([
    [401, 'loggedOut', 'device_removed'],
    [403, 'failed', 'account_locked'],
    [406, 'failed', 'account_banned'],
    [409, 'failed', 'client_refused'],
    [411, 'loggedOut', 'multi_device_mismatch'],
    [413, 'failed', 'client_refused'],
    [414, 'failed', 'client_refused'],
    [415, 'failed', 'client_refused'],
    [418, 'failed', 'client_refused'],
  ])('%i stops as %s (%s)', (code, status, reason) => {
    expect(decide({ code }).decision).toMatchObject({ action: 'stop', status, reason: { code: reason, waCode: code } })
  })

  it('a proxy of its own that is not reachable is tried again, and somebody can do something; it is no code of WhatsApp', () => {
    const { decision, history } = decide({ message: DISCONNECT_MESSAGES.proxyUnreachable })
    expect(decision).toMatchObject({ action: 'reconnect', status: 'reconnecting', delayMs: 999, alarm: false })
    const reason = { code: 'proxy_unreachable', retryable: true, nextAction: 'check_proxy', since: NOW }
    expect(decision).toHaveProperty('reason', reason)
    expect(history.failures).toBe(1)
  })

  it('515 reconnects at once and is no failure, but only three times a minute', () => {
    let { decision, history } = decide({ code: 515 })
    expect(decision).toMatchObject({ action: 'reconnect', delayMs: 0, reason: null })
    expect(history.failures).toBe(0)
    for (let restart = 2; restart <= 3; restart++) {
      ;({ decision, history } = decide({ code: 515 }, history))
      expect(decision).toMatchObject({ delayMs: 0 })
    }
    expect(decide({ code: 515 }, history).decision).toMatchObject({ delayMs: 999 })
  })

  it('back-off doubles to 60 s and starts again after a connection of 60 s', () => {
    expect(decide({ code: 428 }, { ...LINKED, failures: 3 }).decision).toMatchObject({ delayMs: 7_992 })
    expect(decide({ code: 428 }, { ...LINKED, failures: 12 }).decision).toMatchObject({ delayMs: 59_940 })
    const short = { ...LINKED, failures: 12, openedAt: NOW - 59_999 }
    expect(decide({ code: 428 }, short).decision).toMatchObject({ delayMs: 59_940 })
    const stable = { ...LINKED, failures: 12, openedAt: NOW - 60_000 }
    expect(decide({ code: 428 }, stable).decision).toMatchObject({ delayMs: 999 })
  })

  it('ended QR refs wait for a new link request', () => {
    expect(decide({ code: 408, message: 'QR refs attempts ended' }, NEW_HISTORY).decision).toMatchObject({
      action: 'stop',
      status: 'created',
      reason: { code: 'link_expired', nextAction: 'link' },
    })
  })

  it('a refused pairing code is told, not retried', () => {
    expect(decide({ code: 400, message: 'Pairing code refused' }, NEW_HISTORY).decision).toMatchObject({
      action: 'stop',
      status: 'created',
      reason: { code: 'pairing_code_refused' },
    })
  })

  it('an unlinked session stays linking while it reconnects', () => {
    expect(decide({ code: 428 }, NEW_HISTORY).decision).toMatchObject({ status: 'linking' })
  })

  it('401 right after an open is tried once more, then believed', () => {
    const first = decide({ code: 401 }, { ...LINKED, openedAt: NOW - 1_000 })
    expect(first.decision).toMatchObject({ action: 'reconnect' })
    expect(decide({ code: 401 }, first.history).decision).toMatchObject({ action: 'stop', status: 'loggedOut' })
  })

  it('our own logout is believed at once', () => {
    const opened = { ...LINKED, openedAt: NOW - 1_000 }
    expect(decide({ code: 401, message: 'Intentional Logout' }, opened).decision).toMatchObject({
      action: 'stop',
      reason: { code: 'logged_out' },
    })
  })

  it('402 waits until the ban ends', () => {
    const info = { code: 402, data: { attributes: { reason: '402', expire: '3600' } } }
    expect(decide(info).decision).toMatchObject({ action: 'stop', status: 'restricted', resumeAt: NOW + 3_600_000 })
  })

  it('405 is tried once more, then every five to ten minutes with whatever version is configured by then', () => {
    const first = decide({ code: 405 })
    expect(first.decision).toMatchObject({ action: 'reconnect', delayMs: 60_000, alarm: true })
    for (const random of [0, 0.999])
      expect(decide({ code: 405 }, first.history, random).decision).toMatchObject({
        action: 'reconnect',
        delayMs: 300_000 + Math.floor(random * 300_000),
        reason: { code: 'client_outdated', nextAction: 'update_whatsapp_version' },
        alarm: true,
      })
  })

  it('440 asks for the owner before each of at most three reconnects in ten minutes', () => {
    let { decision, history } = decide({ code: 440 })
    for (let conflict = 1; conflict <= 3; conflict++) {
      expect(decision).toMatchObject({ action: 'reconnect', verifyOwnership: true })
      ;({ decision, history } = decide({ code: 440 }, history))
    }
    expect(decision).toMatchObject({ action: 'stop', status: 'failed' })
  })

  it('the first 440 may be the late login of a dead owner: soon again; from the second on half a minute and more', () => {
    const delays: number[] = []
    let history: ReconnectHistory = NEW_HISTORY
    for (let conflict = 1; conflict <= 3; conflict++) {
      const decided = decide({ code: 440 }, history)
      history = decided.history
      if (decided.decision.action === 'reconnect') delays.push(decided.decision.delayMs)
    }
    expect(delays[0]).toBeGreaterThanOrEqual(3_000)
    expect(delays[0]).toBeLessThan(6_000)
    for (const delay of delays.slice(1)) {
      expect(delay).toBeGreaterThanOrEqual(30_000)
      expect(delay).toBeLessThan(60_000)
    }
    expect(delays).toHaveLength(3)
  })

  it.each(['Stanza not answered', 'Event buffer stalled', 'Transaction stalled'])(
    'a connection that is deaf (%s) is replaced and raises an alarm',
    (message) => {
      expect(decide({ code: 408, message }).decision).toMatchObject({
        action: 'reconnect',
        reason: { code: 'connection_deaf', nextAction: 'wait' },
        alarm: true,
      })
    },
  )

  it('an un-acked stanza reconnects and raises an alarm', () => {
    expect(decide({ code: 500, message: 'Stream Errored (ack)' }).decision).toMatchObject({ alarm: true })
  })

  it('an inbound stanza that could not be journaled reconnects and raises an alarm', () => {
    expect(decide({ code: 500, message: 'Inbound stanza not journaled' }).decision).toMatchObject({
      action: 'reconnect',
      reason: { code: 'journal_failed' },
      alarm: true,
    })
  })

  it('what we ended ourselves is left alone, except a full gate', () => {
    expect(decide({ code: 0, message: 'Closed' }).decision).toEqual({ action: 'none' })
    expect(decide({ code: 0, message: 'Session log lost' }).decision).toEqual({ action: 'none' })
    expect(decide({ code: 0, message: 'Backpressure' }).decision).toMatchObject({ action: 'reconnect', alarm: true })
  })
})
