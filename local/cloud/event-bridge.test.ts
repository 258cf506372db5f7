import {
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type AwsJsonEndpoint, startAwsJson } from './aws-json.ts'
import { type BusEvent, type EventBridge, makeEventBridge } from './event-bridge.ts'

let eventBridge: EventBridge
let endpoint: AwsJsonEndpoint
let client: EventBridgeClient
beforeEach(async () => {
  eventBridge = makeEventBridge()
  endpoint = await startAwsJson({ services: [eventBridge] })
  client = new EventBridgeClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
})
afterEach(async () => {
  client.destroy()
  await endpoint.stop()
})

const entry = (detail: unknown, rest: PutEventsRequestEntry = {}): PutEventsRequestEntry => ({
  EventBusName: 'bus',
  Source: 'fleetline',
  DetailType: 'message.sent',
  Detail: JSON.stringify(detail),
  ...rest,
})
const put = (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }))

/** A rule whose target keeps what it gets. */
const collect = (busName: string, pattern: object): BusEvent[] => {
  const received: BusEvent[] = []
  const deliver = async (event: BusEvent) => void received.push(event)
  eventBridge.addRule({ name: `${busName} rule`, busName, pattern, targets: [{ id: 'collect', deliver }] })
  return received
}

it('an event reaches every rule that matches, on its bus only, in the shape of EventBridge', async () => {
  const byTenant = collect('bus', { 'detail-type': [{ prefix: 'message.' }], detail: { tenantId: ['ten_1'] } })
  const all = collect('bus', { source: ['fleetline'] })
  const otherSource = collect('bus', { source: ['other'] })
  const otherBus = collect('default', { source: ['fleetline'] })
  const { FailedEntryCount, Entries } = await put(entry({ tenantId: 'ten_1' }), entry({ tenantId: 'ten_2' }))
  expect(FailedEntryCount).toBe(0)
  expect(byTenant).toEqual([
    {
      version: '0',
      id: Entries![0]!.EventId,
      source: 'fleetline',
      'detail-type': 'message.sent',
      account: '000000000000',
      region: 'us-east-1',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      resources: [],
      detail: { tenantId: 'ten_1' },
    },
  ])
  expect([all.length, otherSource.length, otherBus.length]).toEqual([2, 0, 0])
})

it('a failing target is tried again and does not touch the others', async () => {
  const third = Promise.withResolvers<number>()
  let tries = 0
  const deliver = async () => {
    if (++tries < 3) throw new Error('not yet')
    third.resolve(tries)
  }
  const steady: BusEvent[] = []
  eventBridge.addRule({
    name: 'retry',
    busName: 'bus',
    pattern: { source: ['fleetline'] },
    targets: [
      { id: 'flaky', deliver },
      { id: 'steady', deliver: async (event) => void steady.push(event) },
    ],
  })
  await put(entry({}))
  expect(await third.promise).toBe(3)
  expect(steady).toHaveLength(1)
})

it('an event that no try could deliver goes to the dead-letter queue of that target', async () => {
  const dead = Promise.withResolvers<BusEvent>()
  let tries = 0
  eventBridge.addRule({
    name: 'dead',
    busName: 'bus',
    pattern: { source: ['fleetline'] },
    targets: [
      {
        id: 'down',
        deliver: () => {
          tries++
          return Promise.reject(new Error('down'))
        },
        deadLetter: async (event) => dead.resolve(event),
      },
    ],
  })
  await put(entry({ n: 1 }))
  expect((await dead.promise).detail).toEqual({ n: 1 })
  expect(tries).toBe(5)
})

it('an event of AWS itself reaches rules on the default bus', () => {
  const stopped = collect('default', { source: ['aws.ecs'], detail: { lastStatus: ['STOPPED'] } })
  eventBridge.emit('default', {
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    detail: { lastStatus: 'STOPPED' },
  })
  eventBridge.emit('default', {
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    detail: { lastStatus: 'RUNNING' },
  })
  expect(stopped).toHaveLength(1)
})

it('limits and bad entries have the errors of EventBridge; the good entries of the request still go through', async () => {
  const received = collect('bus', { source: ['fleetline'] })
  await expect(put(...Array.from({ length: 11 }, () => entry({})))).rejects.toMatchObject({
    name: 'ValidationException',
  })
  await expect(put(entry({ text: 'x'.repeat(1024 * 1024) }))).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(client.send(new ListRulesCommand({}))).rejects.toMatchObject({ name: 'UnknownOperationException' })
  const mixed = await put(entry({ good: 1 }), entry({}, { Detail: '[' }), entry({}, { DetailType: undefined }))
  expect(mixed.FailedEntryCount).toBe(2)
  expect(mixed.Entries!.map((each) => Boolean(each.ErrorCode))).toEqual([false, true, true])
  expect(received.map((event) => event.detail)).toEqual([{ good: 1 }])
})
