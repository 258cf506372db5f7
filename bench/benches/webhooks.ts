import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startPipeline } from '../../lambdas/webhook-deliver/testing/pipeline.ts'
import { newId } from '../../shared/core/ids.ts'
import type { PipelineHint } from '../../shared/events/queue-envelopes.ts'
import { type Bench, quantile } from '../report.ts'
import { measureEventPath } from '../support/event-path.ts'

const ENDPOINTS = Number(process.env.ENDPOINTS ?? 50)
const EVENTS = Number(process.env.EVENTS ?? 6)
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const BATCH = 10
/** Environments of the lambda that work side by side in this one process. */
const LANES = 2

/** Events of the whole way, one at a time; PATH_ROUNDS=0 leaves that part out. */
const PATH_ROUNDS = Number(process.env.PATH_ROUNDS ?? 100)

export const run: Bench = async () => [...(await handlersOwn()), ...(PATH_ROUNDS > 0 ? await wholeWay() : [])]

/**
 * The deliver handler's own isolation: batches of ten as the queue gives them, with and without two deliveries of broken
 * endpoints among them: one never answers, one refuses connections. The emulator has no fair queues: what they add is not
 * measured. DynamoDB, KMS and receiver are in this process and share its CPU.
 */
const handlersOwn: Bench = async () => {
  const pipeline = await startPipeline()
  // Hosts of their own: here all environments share one pool of connections, and it is bounded per host.
  const hanging = createServer(() => undefined)
  await once(hanging.listen(0, '127.0.0.1'), 'listening')
  const refusing = createServer()
  await once(refusing.listen(0, '127.0.0.1'), 'listening')
  const broken = [hanging, refusing].map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await new Promise((resolve) => refusing.close(resolve))
  const healthyMs = { alone: [] as number[], beside: [] as number[] }
  const perSecond: number[] = []
  await work(pipeline, [], [])
  for (let round = 0; round < ROUNDS; round++) {
    perSecond.push(await work(pipeline, [], healthyMs.alone))
    await work(pipeline, broken, healthyMs.beside)
  }
  hanging.closeAllConnections()
  hanging.close()
  await pipeline.stop()
  const p99 = { alone: quantile(healthyMs.alone, 0.99), beside: quantile(healthyMs.beside, 0.99) }
  const note = `${ENDPOINTS} endpoints × ${EVENTS} events, ${LANES} lanes of batches of ${BATCH}, ${ROUNDS} rounds in turns`
  return [
    { name: 'deliveries per second', value: Math.round(quantile(perSecond, 0.5)), unit: '1/s', note },
    {
      name: 'healthy alone: p50',
      value: quantile(healthyMs.alone, 0.5),
      unit: 'ms',
      note: 'begin of batch → recorded',
    },
    { name: 'healthy alone: p99', value: p99.alone, unit: 'ms' },
    { name: 'healthy beside dead and hanging: p50', value: quantile(healthyMs.beside, 0.5), unit: 'ms' },
    { name: 'healthy beside dead and hanging: p99', value: p99.beside, unit: 'ms' },
    {
      name: 'healthy p99 beside ÷ alone',
      value: Math.round((p99.beside / p99.alone) * 100) / 100,
      unit: '×',
      note: `aim ≤ 1.2; ${healthyMs.alone.length} and ${healthyMs.beside.length} deliveries`,
    },
  ]
}

/** Where the time of one event goes, through the local stack; what AWS adds or saves is not in it. */
const wholeWay: Bench = async () => {
  const path = await measureEventPath(PATH_ROUNDS)
  const steps: Record<string, readonly number[]> = {
    'event → received': path.eventToReceived,
    'inbound → received': path.inboundToReceived,
    '… inbound → event': path.toEvent,
    '… event → delivery written': path.toDelivery,
    '… delivery written → POST begins': path.toPost,
    '… POST begins → received': path.toReceiver,
  }
  return Object.entries(steps).flatMap(([name, values]) => [
    { name: `${name} p50`, value: quantile(values, 0.5), unit: 'ms' },
    { name: `${name} p99`, value: quantile(values, 0.99), unit: 'ms', note: `${values.length} events, one at a time` },
  ])
}

type Pipeline = Awaited<ReturnType<typeof startPipeline>>

/** @param healthyMs gets the time of each healthy delivery, from its batch's begin to its row written */
const work = async (pipeline: Pipeline, brokenUrls: readonly string[], healthyMs: number[]): Promise<number> => {
  const endpoints: string[] = []
  for (let i = 0; i < ENDPOINTS; i++) endpoints.push(await pipeline.endpoint())
  for (let sequence = 1; sequence <= EVENTS; sequence++)
    await pipeline.fanOut(await pipeline.writeEvent({ sessionId: newId('ses'), sequence }))
  const healthy = pipeline.state.queue.splice(0).map(({ hint }) => hint)
  const broken = new Set<string>()
  for (const url of brokenUrls) broken.add(await pipeline.endpoint({ url, events: ['session.connected'] }))
  const batches: PipelineHint[][] = []
  while (healthy.length > 0) {
    const batch = healthy.splice(0, BATCH - broken.size)
    if (broken.size > 0) {
      await pipeline.fanOut(await pipeline.writeEvent({ type: 'session.connected' }))
      batch.push(...pipeline.state.queue.splice(0).map(({ hint }) => hint))
    }
    batches.push(batch)
  }
  const started = performance.now()
  const waiting: Promise<unknown>[] = []
  let delivered = 0
  let lastHealthyAt = started
  const takeBatches = async () => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      const begin = performance.now()
      const healthyOnes = batch.map(async (hint) => {
        const done = pipeline.handle(hint)
        if (broken.has(hint.endpointId)) return void waiting.push(done)
        await done
        lastHealthyAt = performance.now()
        healthyMs.push(lastHealthyAt - begin)
        delivered++
      })
      // A broken one keeps its own time-out; the next batch is another environment's.
      await Promise.all(healthyOnes)
    }
  }
  await Promise.all(Array.from({ length: LANES }, takeBatches))
  const seconds = (lastHealthyAt - started) / 1000
  await Promise.allSettled(waiting)
  pipeline.reset()
  return delivered / seconds
}
