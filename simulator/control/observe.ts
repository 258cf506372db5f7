import * as z from 'zod'
import { Problem } from '../problem.ts'
import { readSettings, writeSettings } from '../store/settings.ts'
import { listViolations } from '../store/violations.ts'
import { readWire } from '../store/wire-log.ts'
import { parseJid } from '../wire/jid.ts'
import { type Call, integerOf, ok, parseBody, type Reply, type Route } from './route.ts'

const settingsBody = z.strictObject({
  autoContacts: z.boolean().optional(),
  companionRegRefresh: z.boolean().optional(),
  minimumBuild: z.int().min(0).max(4_294_967_295).optional(),
})

/** `device` is a device number, a device address (`55…:3@s.whatsapp.net` or `55…:3`), or with `phone` one of its numbers. */
function wire(call: Call): Reply {
  const { query, world, namespace } = call
  const limit = integerOf(call, 'limit', 1000, 1, 100_000)
  const since = integerOf(call, 'since', 0, 0, Number.MAX_SAFE_INTEGER)
  const filter = {
    ...deviceFilter(query),
    since,
    limit,
    ...textFilter(query, 'tag', 'tag'),
    ...textFilter(query, 'id', 'stanzaId'),
  }
  const data = readWire(world.database, namespace, filter)
  const last = data.at(-1) as { frame: number } | undefined
  return ok({ data, nextSince: last?.frame ?? since })
}

function deviceFilter(query: URLSearchParams): { phone?: string; device?: number } {
  const [phoneText, deviceText] = [query.get('phone'), query.get('device')]
  const filter: { phone?: string; device?: number } = {}
  if (phoneText) filter.phone = phoneText.trim().replace(/^\+/, '')
  if (!deviceText) return filter
  const text = deviceText.trim().replace(/^\+/, '')
  if (/^\d{1,3}$/.test(text)) return { ...filter, device: Number(text) }
  const jid = parseJid(text.includes('@') ? text : `${text}@s.whatsapp.net`)
  if (!jid)
    throw new Problem(
      400,
      'invalid_query',
      'device must be a device number or an address like 5511900000001:1@s.whatsapp.net.',
    )
  return jid.device ? { phone: jid.user, device: jid.device } : { phone: jid.user }
}

function textFilter<Name extends string>(
  query: URLSearchParams,
  parameter: string,
  name: Name,
): { [Key in Name]?: string } {
  const value = query.get(parameter)
  return (value ? { [name]: value } : {}) as { [Key in Name]?: string }
}

function state({ world, namespace }: Call): Reply {
  const count = (sql: string) => world.database.get<{ count: number }>(sql, namespace)!.count
  const connections = world.connections.loggedIn().filter(({ device }) => device?.namespace === namespace)
  return ok({
    namespace,
    phones: count('SELECT count(*) AS count FROM phones WHERE namespace = ?'),
    devices: count("SELECT count(*) AS count FROM devices WHERE namespace = ? AND status = 'active'"),
    connected: connections.length,
    active: connections.filter(({ isActive }) => isActive).length,
    queuedForDevices: count(
      'SELECT count(*) AS count FROM device_queue q JOIN devices d ON d.id = q.deviceId WHERE d.namespace = ?',
    ),
    queuedForPhones: count(
      'SELECT count(*) AS count FROM phone_queue q JOIN phones p ON p.id = q.phoneId WHERE p.namespace = ?',
    ),
    uploadRequests: count(
      'SELECT count(*) AS count FROM media_requests r JOIN phones p ON p.id = r.phoneId WHERE p.namespace = ?',
    ),
    received: count('SELECT count(*) AS count FROM inbox i JOIN phones p ON p.id = i.phoneId WHERE p.namespace = ?'),
    frames: count('SELECT count(*) AS count FROM wire WHERE namespace = ?'),
    faults: count('SELECT count(*) AS count FROM faults WHERE namespace = ?'),
    violations: listViolations(world.database, namespace).length,
  })
}

function health({ world }: Call): Reply {
  const rssMb = Math.round(process.memoryUsage().rss / 1e6)
  return ok({
    status: 'ok',
    pid: process.pid,
    uptimeSeconds: Math.round(process.uptime()),
    rssMb,
    connections: world.connections.all.size,
  })
}

export const observeRoutes: Route[] = [
  { method: 'GET', path: '/control/health', handle: health },
  { method: 'GET', path: '/control/state', handle: state },
  { method: 'GET', path: '/control/wire', handle: wire },
  {
    method: 'GET',
    path: '/control/violations',
    handle: ({ world, namespace }) => ok({ data: listViolations(world.database, namespace) }),
  },
  {
    method: 'GET',
    path: '/control/settings',
    handle: ({ world, namespace }) => ok(readSettings(world.database, namespace)),
  },
  {
    method: 'PUT',
    path: '/control/settings',
    handle: (call) =>
      ok(writeSettings(call.world.database, call.namespace, stripUndefined(parseBody(settingsBody, call)))),
  },
]

function stripUndefined<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]: Exclude<Fields[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
