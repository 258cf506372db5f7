import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { Problem } from '../problem.ts'
import { type ChatState, showPresence } from '../protocol/presence.ts'
import { queueForDevice } from '../protocol/push.ts'
import { announceCap, announceTimeLock } from '../protocol/restrictions.ts'
import { activeDevices } from '../store/devices.ts'
import { membersOf } from '../store/groups.ts'
import { type Phone, phoneById, upsertPhone } from '../store/phones.ts'
import { dropPicture, findPicture, pictureOfPath, picturePathOf, putPicture } from '../store/pictures.ts'
import { readRestrictions, writeRestrictions } from '../store/restrictions.ts'
import {
  type CallRow,
  type CallState,
  findCall,
  insertCall,
  listBlocked,
  listCalls,
  listSignals,
  setCallState,
} from '../store/signals.ts'
import { lidJid, phoneJid } from '../wire/jid.ts'
import { element, seconds } from '../wire/stanza.ts'
import { requireGroup, requireMember } from './groups.ts'
import {
  type Call,
  ok,
  parseBody,
  phoneNumberOf,
  phoneOf,
  phoneOrNew,
  phoneSchema,
  type Reply,
  type Route,
  requirePhone,
} from './route.ts'

const presenceBody = z.strictObject({
  to: z.union([z.string().regex(/@g\.us$/), phoneSchema]),
  state: z.enum(['available', 'unavailable', 'composing', 'recording', 'paused']),
})
const callBody = z.strictObject({ to: phoneSchema, video: z.boolean().default(false) })
const endBody = z.strictObject({ reason: z.enum(['timeout', 'hangup']).default('hangup') })
const profileBody = z.strictObject({
  name: z.string().min(1).max(100).optional(),
  about: z.string().max(700).optional(),
  pictureBase64: z.base64().nullable().optional(),
})
const timeLockBody = z.strictObject({
  active: z.boolean(),
  endsInSeconds: z.int().min(1).default(3600),
  enforcementType: z.string().default('DEFAULT'),
  announce: z.boolean().default(true),
})
const capBody = z.strictObject({
  total: z.int().min(0),
  used: z.int().min(0).default(0),
  status: z.enum(['NONE', 'FIRST_WARNING', 'SECOND_WARNING', 'CAPPED']).default('NONE'),
  announce: z.boolean().default(true),
})

function presence(call: Call): Reply {
  const { to, state } = parseBody(presenceBody, call)
  const from = phoneOrNew(call, phoneNumberOf(call))
  const show = (reader: Phone, chatJid?: string) =>
    reader.id === from.id ? 0 : showPresence(call.world, from, reader, state as ChatState, chatJid)
  if (!to.includes('@')) return ok({ told: show(requirePhone(call, to)) })
  const group = requireGroup(call, to)
  requireMember(call, group, from.phone)
  const told = membersOf(call.world.database, group.id).map((reader) => show(reader, group.jid))
  return ok({ told: told.reduce((sum, count) => sum + count, 0) })
}

/** Rings every linked device of the account. */
function ring(call: Call): Reply {
  const { to, video } = parseBody(callBody, call)
  const from = phoneOrNew(call, phoneNumberOf(call))
  const callee = requirePhone(call, to)
  const row = { id: randomBytes(16).toString('hex').toUpperCase(), callerId: from.id, calleeId: callee.id }
  const content = [
    element('audio', { enc: 'opus', rate: '16000' }),
    ...(video ? [element('video', { enc: 'vp8' })] : []),
  ]
  insertCall(call.world.database, { ...row, video: Number(video) })
  const devices = tellCallee(call, from, callee, row.id, 'offer', { caller_pn: phoneJid(from.phone) }, content)
  return ok({ callId: row.id, state: 'ringing', devices }, 201)
}

function hangUp(call: Call): Reply {
  const { reason } = parseBody(endBody, call)
  const row = findCall(call.world.database, call.params.id ?? '')
  const from = phoneOf(call)
  if (row?.callerId !== from.id)
    throw new Problem(404, 'unknown_call', `+${from.phone} makes no call ${call.params.id}.`)
  if (row.state !== 'ringing') throw new Problem(409, 'call_over', `The call is over: ${row.state}.`)
  const state: CallState = reason === 'timeout' ? 'missed' : 'ended'
  setCallState(call.world.database, row.id, state)
  const callee = phoneById(call.world.database, row.calleeId)!
  tellCallee(call, from, callee, row.id, 'terminate', reason === 'timeout' ? { reason } : {})
  return ok(presentCall(call, { ...row, state }))
}

function tellCallee(
  { world }: Call,
  from: Phone,
  callee: Phone,
  callId: string,
  tag: string,
  more: Record<string, string>,
  content?: ReturnType<typeof element>[],
): number[] {
  const caller = from.addressing === 'lid' ? lidJid(from.lid) : phoneJid(from.phone)
  const child = element(tag, { 'call-id': callId, 'call-creator': caller, ...more }, content)
  const attrs = { from: caller, id: randomBytes(8).toString('hex').toUpperCase(), t: seconds() }
  const devices = activeDevices(world.database, callee.id)
  const sends = world.database.transaction(() =>
    devices.map(({ id }) => queueForDevice(world, id, element('call', attrs, [child]))),
  )
  for (const send of sends) send()
  return devices.map(({ device }) => device)
}

function presentCall({ world }: Call, { id, calleeId, video, state, at }: CallRow) {
  const to = `+${phoneById(world.database, calleeId)!.phone}`
  return { callId: id, to, video: video === 1, state, at: new Date(at).toISOString() }
}

function profile(call: Call): Reply {
  const { name, about, namespace, phone, id } = phoneOf(call)
  const picture = findPicture(call.world.database, namespace, phone)
  const blocked = listBlocked(call.world.database, id).map((other) => `+${other.phone}`)
  return ok({ phone: `+${phone}`, name, about, pictureId: picture?.id ?? null, blocked })
}

function changeProfile(call: Call): Reply {
  const { pictureBase64, ...change } = parseBody(profileBody, call)
  const { phone, namespace } = phoneOrNew(call, phoneNumberOf(call))
  const { database } = call.world
  upsertPhone(database, namespace, phone, change)
  if (pictureBase64 === null) dropPicture(database, namespace, phone)
  else if (pictureBase64 !== undefined) putPicture(database, namespace, phone, Buffer.from(pictureBase64, 'base64'))
  return profile(call)
}

function picture(call: Call): Reply {
  const { namespace, phone } = phoneOf(call)
  const row = findPicture(call.world.database, namespace, phone)
  const bytes = row && pictureOfPath(call.world.database, picturePathOf(row))
  if (!bytes) throw new Problem(404, 'no_picture', `+${phone} has no picture.`)
  return { status: 200, body: bytes }
}

/** The account may start no chats for a while: its devices are told, and their messages to strangers refused with 463. */
function timeLock(call: Call): Reply {
  const { active, endsInSeconds, enforcementType, announce } = parseBody(timeLockBody, call)
  const phone = phoneOf(call)
  const lock = { active, endsAtSeconds: Number(seconds()) + endsInSeconds, enforcementType }
  const { database } = call.world
  writeRestrictions(database, phone.id, { ...readRestrictions(database, phone.id), timeLock: lock })
  if (announce) announceTimeLock(call.world, phone, lock)
  return ok(lock)
}

/** How many strangers the account may still write to. */
function newChatCap(call: Call): Reply {
  const { announce, ...cap } = parseBody(capBody, call)
  const phone = phoneOf(call)
  const { database } = call.world
  writeRestrictions(database, phone.id, { ...readRestrictions(database, phone.id), newChatCap: cap })
  if (announce) announceCap(call.world, phone, cap)
  return ok(cap)
}

function seen(call: Call): Reply {
  return ok({ data: listSignals(call.world.database, phoneOrNew(call, phoneNumberOf(call)).id) })
}

export const peopleRoutes: Route[] = [
  { method: 'POST', path: '/control/contacts/:phone/presence', handle: presence },
  { method: 'GET', path: '/control/contacts/:phone/presence', handle: seen },
  { method: 'POST', path: '/control/contacts/:phone/calls', handle: ring },
  { method: 'POST', path: '/control/contacts/:phone/calls/:id/end', handle: hangUp },
  {
    method: 'GET',
    path: '/control/contacts/:phone/calls',
    handle: (call) =>
      ok({ data: listCalls(call.world.database, phoneOf(call).id).map((row) => presentCall(call, row)) }),
  },
  { method: 'GET', path: '/control/contacts/:phone/profile', handle: profile },
  { method: 'PUT', path: '/control/contacts/:phone/profile', handle: changeProfile },
  { method: 'GET', path: '/control/contacts/:phone/picture', handle: picture },
  { method: 'POST', path: '/control/phones/:phone/time-lock', handle: timeLock },
  { method: 'POST', path: '/control/phones/:phone/new-chat-cap', handle: newChatCap },
]
