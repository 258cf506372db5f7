import { randomUUID } from 'node:crypto'
import type { makeApi } from '../../e2e/support/api.ts'
import { eventually } from '../../e2e/support/eventually.ts'
import { CONTACT, PHONE, withLinkedLine } from './linked-line.ts'

const WARM_UP = 5

/** Milliseconds of one event each, all from the one clock of this machine. */
export interface EventPath {
  /** the contact sends → the worker has it in its hands (the time of the event) */
  readonly toEvent: readonly number[]
  /** log, row, bus, fan-out queue and lambda → the delivery is written */
  readonly toDelivery: readonly number[]
  /** deliver queue, lambda, claim → the POST begins */
  readonly toPost: readonly number[]
  /** DNS, connection, request → the receiver has the whole body */
  readonly toReceiver: readonly number[]
  readonly eventToReceived: readonly number[]
  readonly inboundToReceived: readonly number[]
}

/** Inbound texts, one at a time, through `npm start` and a simulated WhatsApp to a receiver that verifies them. */
export const measureEventPath = (rounds: number): Promise<EventPath> =>
  withLinkedLine(async ({ api, simulator, receiver, endpointId }) => {
    const sentAt = new Map<string, number>()
    for (let round = 0; round < WARM_UP + rounds; round++) {
      const body = randomUUID()
      const at = Date.now()
      await simulator.send(CONTACT, PHONE, body)
      const got = await eventually(
        'the webhook',
        async () => receiver.received.find(({ event }) => event.data.message?.text?.body === body),
        30_000,
        2,
      )
      if (round >= WARM_UP) sentAt.set(got.id, at)
    }
    const path = {
      toEvent: [] as number[],
      toDelivery: [] as number[],
      toPost: [] as number[],
      toReceiver: [] as number[],
      eventToReceived: [] as number[],
      inboundToReceived: [] as number[],
    }
    for (const delivery of await listDeliveries(api, endpointId)) {
      const inboundAt = sentAt.get(delivery.eventId)
      const got = receiver.received.find(({ id }) => id === delivery.eventId)
      if (inboundAt === undefined || !got) continue
      const [attempt] = (await api.get(`/v1/webhook-deliveries/${delivery.id}/attempts`)).data
      const eventAt = Date.parse(got.event.timestamp)
      const deliveryAt = Date.parse(delivery.createdAt)
      const postAt = Date.parse(attempt.at) - attempt.timing.totalMs
      path.toEvent.push(eventAt - inboundAt)
      path.toDelivery.push(deliveryAt - eventAt)
      path.toPost.push(postAt - deliveryAt)
      path.toReceiver.push(got.at - postAt)
      path.eventToReceived.push(got.at - eventAt)
      path.inboundToReceived.push(got.at - inboundAt)
    }
    return path
  })

const listDeliveries = async (api: ReturnType<typeof makeApi>, endpointId: string): Promise<any[]> => {
  const all: any[] = []
  for (let cursor = ''; ; ) {
    const page = await api.get(`/v1/webhook-endpoints/${endpointId}/deliveries?limit=100${cursor}`)
    all.push(...page.data)
    if (!page.hasMore) return all
    cursor = `&cursor=${page.nextCursor}`
  }
}
