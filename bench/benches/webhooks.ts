import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startPipeline } from '../../lambdas/webhook-deliver/testing/pipeline.ts'
import { newId } from '../../shared/core/ids.ts'
import type { PipelineHint } from '../../shared/events/queue-envelopes.ts'
import { type Bench, quantile } from '../report.ts'

const ENDPOINTS = Number(process.env.ENDPOINTS ?? 50)
const EVENTS = Number(process.env.EVENTS ?? 6)
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const BATCH = 10
/** Environments of the lambda that work side by side in this one process. */
const LANES = 2

/**
 * The deliver handler's own isolation: batches of ten as the queue gives them, with and without one delivery of a dead
 * endpoint (it never answers) among them. The emulator has no fair queues: what they add is not measured. DynamoDB, KMS
 * and receiver are in this process and share its CPU.
 */
export const run: Bench = async () => {
  const pipeline = await startPipeline()
  // A host of its own: here all environments share one pool of connections, and it is bounded per host.
  const dead = createServer(() => undefined)
  await once(dead.listen(0, '127.0.0.1'), 'listening')
  const deadUrl = `http://127.0.0.1:${(dead.address() as AddressInfo).port}/dead`
  const healthyMs = { without: [] as number[], with: [] as number[] }
  const perSecond: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    perSecond.push(await work(pipeline, null, healthyMs.without))
    await work(pipeline, deadUrl, healthyMs.with)
  }
  dead.closeAllConnections()
  dead.close()
  await pipeline.stop()
  const p99 = { without: quantile(healthyMs.without, 0.99), with: quantile(healthyMs.with, 0.99) }
  const note = `${ENDPOINTS} endpoints × ${EVENTS} events, ${LANES} lanes of batches of ${BATCH}, ${ROUNDS} rounds in turns`
  return [
    { name: 'deliveries per second', value: Math.round(quantile(perSecond, 0.5)), unit: '1/s', note },
    { name: 'healthy only: p50', value: quantile(healthyMs.without, 0.5), unit: 'ms' },
    { name: 'healthy only: p99', value: p99.without, unit: 'ms' },
    { name: 'beside a dead endpoint: p50', value: quantile(healthyMs.with, 0.5), unit: 'ms' },
    { name: 'beside a dead endpoint: p99', value: p99.with, unit: 'ms' },
    {
      name: 'p99 with ÷ without',
      value: Math.round((p99.with / p99.without) * 100) / 100,
      unit: '×',
      note: 'aim ≤ 1.2',
    },
  ]
}

type Pipeline = Awaited<ReturnType<typeof startPipeline>>

/** @param healthyMs gets the time of each healthy delivery, from its batch's begin to its row written */
const work = async (pipeline: Pipeline, deadUrl: string | null, healthyMs: number[]): Promise<number> => {
  const endpoints: string[] = []
  for (let i = 0; i < ENDPOINTS; i++) endpoints.push(await pipeline.endpoint())
  for (let sequence = 1; sequence <= EVENTS; sequence++)
    await pipeline.fanOut(await pipeline.writeEvent({ sessionId: newId('ses'), sequence }))
  const healthy = pipeline.state.queue.splice(0).map(({ hint }) => hint)
  const deadEndpoint = deadUrl ? await pipeline.endpoint({ url: deadUrl, events: ['session.connected'] }) : null
  const batches: PipelineHint[][] = []
  while (healthy.length > 0) {
    const batch = healthy.splice(0, deadUrl ? BATCH - 1 : BATCH)
    if (deadEndpoint) {
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
        if (hint.endpointId === deadEndpoint) return void waiting.push(done)
        await done
        lastHealthyAt = performance.now()
        healthyMs.push(lastHealthyAt - begin)
        delivered++
      })
      // The dead one keeps its own time-out; the next batch is another environment's.
      await Promise.all(healthyOnes)
    }
  }
  await Promise.all(Array.from({ length: LANES }, takeBatches))
  const seconds = (lastHealthyAt - started) / 1000
  await Promise.allSettled(waiting)
  pipeline.reset()
  return delivered / seconds
}
