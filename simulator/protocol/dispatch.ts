import { bootstrapDevice } from '../phones/bootstrap.ts'
import type { Connection } from '../server/connection.ts'
import { takeFault } from '../store/faults.ts'
import { recordViolation } from '../store/violations.ts'
import { noteFrame } from '../store/wire-log.ts'
import type { Stanza } from '../wire/codec.ts'
import { childOf } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { handleAck } from './ack.ts'
import { targetOf } from './fault-target.ts'
import { handleMessage } from './message.ts'
import { handleCall, handleChatState, handlePresence } from './presence.ts'
import { answerQuery, failQuery } from './queries.ts'
import { handleReceipt } from './receipt.ts'
import { logIncoming } from './wire-tap.ts'

/** One stanza from a client, in order of arrival. */
export async function dispatchStanza(
  world: World,
  connection: Connection,
  stanza: Stanza,
  payload: Uint8Array,
): Promise<void> {
  const frame = logIncoming(world, connection, stanza, payload)
  if (stanza.tag === 'iq') return handleIq(world, connection, stanza, frame)
  if (!connection.device) {
    if (stanza.tag !== 'ib' && stanza.tag !== 'presence' && stanza.tag !== 'ack')
      refuse(world, connection, stanza, frame)
    return
  }
  switch (stanza.tag) {
    case 'message':
      return handleMessage(world, connection, connection.device, stanza, frame)
    case 'receipt':
      if (takeFault(world.database, 'swallowReceipts', targetOf(connection)))
        return noteFrame(world.database, frame, 'swallowed by fault')
      return handleReceipt(world, connection, connection.device, stanza)
    case 'ack':
      return handleAck(world, connection.device, stanza)
    case 'ib':
      if (childOf(stanza, 'unified_session')) await bootstrapDevice(world, connection.device.id)
      return
    case 'presence':
      return handlePresence(world, connection, connection.device, stanza)
    case 'chatstate':
      return handleChatState(world, connection.device, stanza)
    case 'call':
      return handleCall(world, connection, connection.device, stanza)
    default:
      return refuse(world, connection, stanza, frame)
  }
}

async function handleIq(world: World, connection: Connection, stanza: Stanza, frame: number): Promise<void> {
  const { type, xmlns } = stanza.attrs
  if (type === 'result' || type === 'error') {
    connection.settle(stanza)
    return
  }
  const swallow = {
    ...targetOf(connection),
    matches: ({ options }: { options: { xmlns?: string } }) => options.xmlns === undefined || options.xmlns === xmlns,
  }
  if (takeFault(world.database, 'swallowQueries', swallow))
    return noteFrame(world.database, frame, 'swallowed by fault')
  const failure = takeFault(world.database, 'failQueries', swallow)
  if (failure) return failQuery(connection, stanza, failure.options.code ?? 500)
  await answerQuery(world, connection, stanza, frame)
}

function refuse(world: World, { namespace, device }: Connection, stanza: Stanza, frame: number): void {
  const who = device ? { phone: device.phone, device: device.device } : {}
  const detail = `<${stanza.tag}> is not expected ${device ? 'by this server' : 'before login'}`
  recordViolation(world.database, { namespace, kind: 'unexpected_stanza', ...who, frame, detail })
}
