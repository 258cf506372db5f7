import * as z from 'zod'
import { enterCode } from '../phones/enter-code.ts'
import { drainPhone } from '../phones/incoming.ts'
import { scanQr } from '../phones/scan-qr.ts'
import { Problem } from '../problem.ts'
import { endWithStreamError } from '../protocol/disconnect.ts'
import { answerUploadRequests } from '../protocol/media.ts'
import { type Device, findDevice, removeDevice } from '../store/devices.ts'
import { listPhones, upsertPhone } from '../store/phones.ts'
import { lidJid, phoneJid } from '../wire/jid.ts'
import type { World } from '../world.ts'
import {
  type Call,
  ok,
  parseBody,
  phoneNumberOf,
  phoneOf,
  phoneOrNew,
  phoneSchema,
  presentPhone,
  type Reply,
  type Route,
} from './route.ts'

const phoneSettings = {
  name: z.string().min(1).max(100).optional(),
  onWhatsApp: z.boolean().optional(),
  online: z.boolean().optional(),
  deliveryReceipts: z.boolean().optional(),
  readReceipts: z.enum(['manual', 'auto']).optional(),
  addressing: z.enum(['pn', 'lid']).optional(),
  groupAdd: z.enum(['all', 'nobody']).optional(),
}
const phoneBody = z.strictObject({ phone: phoneSchema, ...phoneSettings })
const scanBody = z.strictObject({ qr: z.string().min(1) })
const codeBody = z.strictObject({ code: z.string().transform((code) => code.replace(/-/g, '').toUpperCase()) })

/** Creates or changes a phone; POST /control/contacts does the same, a contact being a phone nobody has linked. */
export function createPhone(call: Call): Reply {
  const { phone, ...change } = parseBody(phoneBody, call)
  const row = upsertPhone(call.world.database, call.namespace, phone, change)
  if (row.online) drainPhone(call.world, row.id)
  return ok(presentPhone(row), 201)
}

async function scan(call: Call): Promise<Reply> {
  const { qr } = parseBody(scanBody, call)
  const phone = phoneOrNew(call, phoneNumberOf(call))
  return ok(presentDevice(call.world, await scanQr(call.world, requireOnline(phone), qr)), 201)
}

async function code(call: Call): Promise<Reply> {
  const body = parseBody(codeBody, call)
  const phone = phoneOrNew(call, phoneNumberOf(call))
  return ok(presentDevice(call.world, await enterCode(call.world, requireOnline(phone), body.code)), 201)
}

function requireOnline<Row extends { online: number; phone: string }>(phone: Row): Row {
  if (!phone.online)
    throw new Problem(409, 'phone_offline', `The phone +${phone.phone} is offline: it can link nothing now.`)
  return phone
}

function setOnline(online: boolean): (call: Call) => Promise<Reply> {
  return async (call) => {
    const { phone } = phoneOf(call)
    const row = upsertPhone(call.world.database, call.namespace, phone, { online })
    if (online) {
      drainPhone(call.world, row.id)
      await answerUploadRequests(call.world, row.id)
    }
    return ok(presentPhone(row))
  }
}

function listDevices(call: Call): Reply {
  const sql = 'SELECT * FROM devices WHERE phoneId = ? ORDER BY device'
  const devices = call.world.database.all<Device>(sql, phoneOf(call).id)
  return ok({ data: devices.map((device) => presentDevice(call.world, device)) })
}

function unlink(call: Call): Reply {
  const { phone } = phoneOf(call)
  const device = findDevice(call.world.database, phone, Number(call.params.deviceId))
  if (!device || device.namespace !== call.namespace || device.status !== 'active')
    throw new Problem(404, 'unknown_device', `Phone +${phone} has no linked device ${call.params.deviceId}.`)
  unlinkDevice(call.world, device)
  return ok({ ...presentDevice(call.world, device), status: 'removed', connected: false })
}

function unlinkDevice(world: World, device: Device): void {
  removeDevice(world.database, device.id)
  const connection = world.connections.ofDevice(device.id)
  if (connection) endWithStreamError(connection, 401)
}

function presentDevice(world: World, device: Device) {
  const lid = world.database.get<{ lid: string }>('SELECT lid FROM phones WHERE id = ?', device.phoneId)!.lid
  return {
    phone: `+${device.phone}`,
    deviceId: device.device,
    jid: phoneJid(device.phone, device.device),
    lid: lidJid(lid, device.device),
    status: device.status,
    connected: world.connections.ofDevice(device.id) !== undefined,
    platform: device.platform,
    linkedAt: new Date(device.linkedAt).toISOString(),
    lastLoginAt: device.lastLoginAt === null ? null : new Date(device.lastLoginAt).toISOString(),
  }
}

export const phoneRoutes: Route[] = [
  { method: 'POST', path: '/control/phones', handle: createPhone },
  {
    method: 'GET',
    path: '/control/phones',
    handle: ({ world, namespace }) => ok({ data: listPhones(world.database, namespace).map(presentPhone) }),
  },
  { method: 'GET', path: '/control/phones/:phone', handle: (call) => ok(presentPhone(phoneOf(call))) },
  { method: 'POST', path: '/control/phones/:phone/scan', handle: scan },
  { method: 'POST', path: '/control/phones/:phone/code', handle: code },
  { method: 'POST', path: '/control/phones/:phone/offline', handle: setOnline(false) },
  { method: 'POST', path: '/control/phones/:phone/online', handle: setOnline(true) },
  { method: 'GET', path: '/control/phones/:phone/devices', handle: listDevices },
  { method: 'DELETE', path: '/control/phones/:phone/devices/:deviceId', handle: unlink },
]
