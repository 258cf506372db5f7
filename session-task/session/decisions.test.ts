import { describe, expect, it } from 'vitest'
import type { SessionRow } from '../../shared/store/rows/session.ts'
import { DISCONNECT_MESSAGES } from '../whatsapp/disconnect.ts'
import { decideReconnect, NEW_HISTORY } from '../whatsapp/reconnect-decision.ts'
import { planConnection } from './connect-plan.ts'
import { describeStop } from './stop-decision.ts'

const LINKED = { me: { id: '5511900000001:1@s.whatsapp.net' }, account: { details: 'x' } }
const CODE_ONLY = { me: { id: '5511900000001@s.whatsapp.net' } }
const QR = { method: 'qr', requestedAt: 1 } as const
const row = (status: SessionRow['status'], phone: string | null, link: SessionRow['link']) => ({ status, phone, link })

describe('how to connect', () => {
  it.each([
    ['a linked session logs in', row('stopped', '+55', null), LINKED, 'login'],
    ['a pairing that the row missed is kept', row('linking', null, QR), LINKED, 'login'],
    ['a link asked for anew starts over', row('linking', '+55', QR), LINKED, 'link'],
    ['an unlinked session links', row('linking', null, QR), null, 'link'],
    ['a pairing code that nobody entered is no link', row('linking', null, QR), CODE_ONLY, 'link'],
    ['after a logout nothing is connected', row('loggedOut', '+55', null), null, 'nothing'],
    ['without a wish to link nothing is connected', row('created', null, null), null, 'nothing'],
    ['a deleted row of a linked session logs in, to log out', null, LINKED, 'login'],
  ])('%s', (_name, session, creds, plan) => {
    expect(planConnection(session, creds).plan).toBe(plan)
  })
})

describe('what the tenant is told when no reconnect follows', () => {
  it.each([
    [408, DISCONNECT_MESSAGES.qrEnded, 'failed', 'qr_expired', 'session.failed'],
    [400, DISCONNECT_MESSAGES.pairingCodeRefused, 'failed', 'pairing_code_refused', 'session.failed'],
    [401, DISCONNECT_MESSAGES.intentionalLogout, 'loggedOut', 'logged_out', 'session.loggedOut'],
    [401, 'Stream Errored (conflict)', 'loggedOut', 'device_removed', 'session.loggedOut'],
    [402, 'Stream Errored', 'restricted', 'temporary_ban', 'session.restricted'],
    [403, 'Stream Errored', 'failed', 'account_locked', 'session.failed'],
  ])('%i %s', (code, message, status, reason, eventType) => {
    const info = { code, message }
    const { decision } = decideReconnect(info, { ...NEW_HISTORY, isLinked: true }, 1_000, 0.5)
    if (decision.action !== 'stop') throw new Error(decision.action)
    expect(describeStop(info, decision)).toMatchObject({ status, reason: { code: reason }, eventType })
  })
})
