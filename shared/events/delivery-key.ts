import type { DeliveryHint, ReplayHint, WakeHint } from './queue-envelopes.ts'

const modeOf = (letter: string | undefined) => (letter === 'L' ? ('live' as const) : ('test' as const))

/** From the key of a delivery, T#<tenant>#<L|T>#WH#<endpoint>#<day> / <event>#<generation>, to what names it. */
export const deliveryHintOfKey = (pk: string, sk: string): DeliveryHint | null => {
  const [, tenantId, mode, , endpointId, day] = pk.split('#')
  const [eventId, generation] = sk.split('#')
  if (!tenantId || !endpointId || !day || !eventId || !generation) return null
  return { v: 1, tenantId, mode: modeOf(mode), endpointId, day, eventId, generation: Number(generation) }
}

/** From a key in the wake index: T#<tenant>#<L|T>#WHH#<endpoint> / META, or T#<tenant>#<L|T>#WHR#<endpoint> / <replay>. */
export const wakeHintOfKey = (pk: string, sk: string): WakeHint | ReplayHint | null => {
  const [, tenantId, letter, kind, endpointId] = pk.split('#')
  if (!tenantId || !endpointId) return null
  const names = { v: 1 as const, tenantId, mode: modeOf(letter), endpointId }
  return kind === 'WHR' ? { ...names, kind: 'replay', replayId: sk } : { ...names, kind: 'wake' }
}
