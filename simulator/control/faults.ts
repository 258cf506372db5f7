import * as z from 'zod'
import { Problem } from '../problem.ts'
import { strikeConnection } from '../protocol/disconnect.ts'
import { clearFaults, type Fault, insertFault, listFaults } from '../store/faults.ts'
import { type Call, ok, parseBody, phoneSchema, type Reply, type Route } from './route.ts'

const IMMEDIATE = ['drop', 'halfOpen', 'streamError']
const MAX_DELAY_MS = 600_000

const target = { phone: phoneSchema.optional(), device: z.int().min(1).max(255).optional() }
const count = z.int().min(1).max(1_000_000).nullable().default(1)
const when = z.enum(['now', 'login', 'message']).default('now')
const processed = z.boolean().optional()
const delayMs = z.int().min(0).max(MAX_DELAY_MS)

const faultBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('drop'),
    ...target,
    count,
    when,
    processed,
    mode: z.enum(['reset', 'close', 'xmlstreamend']).optional(),
  }),
  z.strictObject({ kind: z.literal('halfOpen'), ...target, count, when, processed }),
  z.strictObject({
    kind: z.literal('streamError'),
    ...target,
    count,
    when,
    processed,
    code: z.int().min(400).max(599),
  }),
  z.strictObject({ kind: z.literal('failure'), ...target, count, code: z.int().min(400).max(599) }),
  z.strictObject({ kind: z.literal('slowAcks'), ...target, count: count.default(null), delayMs }),
  z.strictObject({ kind: z.literal('swallowAcks'), ...target, count }),
  z.strictObject({
    kind: z.literal('nack'),
    ...target,
    count,
    recipient: phoneSchema.optional(),
    code: z.int().min(400).max(599),
  }),
  z.strictObject({ kind: z.literal('refuseConnections'), ...target, count }),
  z.strictObject({ kind: z.literal('neverSuccess'), ...target, count }),
  z.strictObject({ kind: z.literal('delayFrames'), ...target, count: count.default(null), delayMs }),
  z.strictObject({ kind: z.literal('swallowQueries'), ...target, count, xmlns: z.string().optional() }),
  z.strictObject({ kind: z.literal('swallowReceipts'), ...target, count }),
  z.strictObject({
    kind: z.literal('failQueries'),
    ...target,
    count,
    xmlns: z.string().optional(),
    code: z.int().min(400).max(599),
  }),
  z.strictObject({ kind: z.literal('mediaUpload'), ...target, count, code: z.int().min(400).max(599) }),
  z.strictObject({
    kind: z.literal('mediaDownload'),
    phone: phoneSchema.optional(),
    count,
    code: z.int().min(400).max(599),
  }),
  z.strictObject({ kind: z.literal('forgedCertificate'), count }),
  z.strictObject({ kind: z.literal('forgedAccountSignature'), phone: phoneSchema.optional(), count }),
])

type FaultBody = z.infer<typeof faultBody>

function create(call: Call): Reply {
  const body = parseBody(faultBody, call)
  if (IMMEDIATE.includes(body.kind) && 'when' in body && body.when === 'now') return strikeNow(call, body)
  return ok(presentFault(insertFault(call.world.database, toFault(call.namespace, body))), 201)
}

/** Hits every connection it names at once; nothing is left to list afterwards. */
function strikeNow({ world, namespace }: Call, body: FaultBody): Reply {
  const fault = toFault(namespace, body)
  const struck = world.connections.loggedIn().filter(({ device, isFrozen }) => {
    if (!device || isFrozen || device.namespace !== namespace) return false
    return (
      (fault.phone === null || fault.phone === device.phone) &&
      (fault.device === null || fault.device === device.device)
    )
  })
  for (const connection of struck) strikeConnection(connection, fault)
  return ok({ ...presentFault({ ...fault, id: 0, createdAt: Date.now() }), id: null, struck: struck.length }, 201)
}

function toFault(namespace: string, body: FaultBody): Omit<Fault, 'id' | 'createdAt'> {
  const {
    kind,
    count: remaining,
    phone,
    device,
    recipient,
    ...options
  } = { phone: undefined, device: undefined, recipient: undefined, ...body }
  return {
    namespace,
    kind,
    phone: phone ?? null,
    device: device ?? null,
    recipient: recipient ?? null,
    remaining,
    options,
  }
}

function presentFault({ id, kind, phone, device, recipient, remaining, options, createdAt }: Fault) {
  return { id, kind, phone, device, recipient, remaining, ...options, createdAt: new Date(createdAt).toISOString() }
}

function remove(call: Call): Reply {
  const id = Number(call.params.id)
  if (!Number.isInteger(id) || clearFaults(call.world.database, call.namespace, id) === 0)
    throw new Problem(404, 'unknown_fault', `There is no fault ${call.params.id} in namespace "${call.namespace}".`)
  return ok({ cleared: 1 })
}

export const faultRoutes: Route[] = [
  { method: 'POST', path: '/control/faults', handle: create },
  {
    method: 'GET',
    path: '/control/faults',
    handle: ({ world, namespace }) => ok({ data: listFaults(world.database, namespace).map(presentFault) }),
  },
  {
    method: 'DELETE',
    path: '/control/faults',
    handle: ({ world, namespace }) => ok({ cleared: clearFaults(world.database, namespace) }),
  },
  { method: 'DELETE', path: '/control/faults/:id', handle: remove },
]
