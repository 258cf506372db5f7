import { randomBytes } from 'node:crypto'
import { activeDevices, type Device } from '../store/devices.ts'
import { type Phone, phoneById } from '../store/phones.ts'
import {
  isNewChat,
  type NewChatCap,
  readRestrictions,
  type TimeLock,
  writeRestrictions,
} from '../store/restrictions.ts'
import type { Stanza } from '../wire/codec.ts'
import { SERVER } from '../wire/jid.ts'
import { childOf, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { type Answer, NOT_IMPLEMENTED } from './answer.ts'
import { queueForDevice } from './push.ts'

const TIME_LOCK_QUERY = '23983697327930364'
const CAP_QUERY = '24503548349331633'
const RESTRICTED = 463

/** 463 when this account may not start a chat with `recipient`; counts a new chat against the cap. Inside or outside a transaction. */
export function refusalOfNewChat(world: World, device: Device, recipient: Phone): number | undefined {
  const { database } = world
  const me = phoneById(database, device.phoneId)!
  const restrictions = readRestrictions(database, me.id)
  const { timeLock, newChatCap } = restrictions
  if ((!timeLock?.active && !newChatCap) || me.id === recipient.id || !isNewChat(database, me, recipient))
    return undefined
  if (timeLock?.active && timeLock.endsAtSeconds > Number(seconds())) return RESTRICTED
  if (!newChatCap) return undefined
  if (newChatCap.used >= newChatCap.total) return RESTRICTED
  const used = newChatCap.used + 1
  const cap = { ...newChatCap, used, ...(used >= newChatCap.total ? { status: 'CAPPED' as const } : {}) }
  writeRestrictions(database, me.id, { ...restrictions, newChatCap: cap })
  announceCap(world, me, cap)
  return undefined
}

/** xmlns `w:mex`: the two questions a client asks about its own standing. */
export function answerMexQuery({ database }: World, device: Device, stanza: Stanza): Answer {
  const { timeLock, newChatCap } = readRestrictions(database, device.phoneId)
  const id = childOf(stanza, 'query')?.attrs.query_id
  const data =
    id === TIME_LOCK_QUERY
      ? { xwa2_fetch_account_reachout_timelock: timeLockFields(timeLock) }
      : id === CAP_QUERY
        ? { xwa2_message_capping_info: capFields(newChatCap) }
        : undefined
  if (!data) return NOT_IMPLEMENTED
  return { content: [element('result', {}, Buffer.from(JSON.stringify({ data })))] }
}

export function announceTimeLock(world: World, phone: Phone, lock: TimeLock): void {
  const data = { xwa2_notify_account_reachout_timelock: timeLockFields(lock) }
  announce(world, phone, 'NotificationUserReachoutTimelockUpdate', data)
}

export function announceCap(world: World, phone: Phone, cap: NewChatCap): void {
  const data = { xwa2_notify_new_chat_messages_capping_info_update: capFields(cap) }
  announce(world, phone, 'MessageCappingInfoNotification', data)
}

function announce(world: World, phone: Phone, operation: string, data: object): void {
  const id = randomBytes(8).toString('hex').toUpperCase()
  const update = element('update', { op_name: operation }, Buffer.from(JSON.stringify({ data })))
  const stanza = element('notification', { from: SERVER, type: 'mex', id, t: seconds() }, [update])
  const sends = world.database.transaction(() =>
    activeDevices(world.database, phone.id).map((device) => queueForDevice(world, device.id, stanza)),
  )
  for (const send of sends) send()
}

function timeLockFields(lock: TimeLock | undefined) {
  const isActive = Boolean(lock?.active) && (lock?.endsAtSeconds ?? 0) > Number(seconds())
  return {
    is_active: isActive,
    time_enforcement_ends: isActive ? String(lock!.endsAtSeconds) : '0',
    enforcement_type: lock?.enforcementType ?? 'DEFAULT',
  }
}

function capFields(cap: NewChatCap | undefined) {
  return {
    total_quota: cap?.total ?? 0,
    used_quota: cap?.used ?? 0,
    server_sent_timestamp: seconds(),
    ote_status: 'NOT_ELIGIBLE',
    mv_status: 'NOT_ELIGIBLE',
    capping_status: cap?.status ?? 'NONE',
  }
}
