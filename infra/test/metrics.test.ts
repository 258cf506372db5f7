import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { ofType, synthesize } from './support/synth.ts'

const root = join(import.meta.dirname, '../..')
const source = ['shared', 'lambdas', 'session-task']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(root, folder, path)),
  )
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n')

test('every metric of ours that an alarm or a dashboard shows is emitted by the code', () => {
  const prod = synthesize('prod')
  const shown = new Set<string>()
  for (const { properties } of ofType(prod, 'AWS::CloudWatch::Alarm'))
    for (const [, name] of JSON.stringify(properties).matchAll(/"MetricName":"(\w+)","Namespace":"Fleetline"/g))
      shown.add(name!)
  for (const { properties } of ofType(prod, 'AWS::CloudWatch::Dashboard'))
    for (const [, name] of JSON.stringify(properties.DashboardBody).matchAll(/Fleetline\W+(\w+)/g)) shown.add(name!)
  expect(shown.size).toBeGreaterThan(20)
  for (const name of shown) expect({ name, emitted: source.includes(name) }).toEqual({ name, emitted: true })
})

test('the seven metrics that the architecture promises are on a dashboard', () => {
  const bodies = JSON.stringify(ofType(synthesize('prod'), 'AWS::CloudWatch::Dashboard'))
  for (const name of [
    'session_reconnect_count',
    'session_uptime_seconds',
    'message_send_latency_ms',
    'webhook_delivery_latency_ms',
    'webhook_failure_count',
    'worker_memory_bytes',
    'pending_queue_size',
  ])
    expect(bodies).toContain(name)
})

test('what an alarm reads is a dimension set that the code emits: the cell alone, or the cell and the mode', () => {
  const read = ofType(synthesize('prod'), 'AWS::CloudWatch::Alarm').flatMap(({ properties }) => [
    ...(properties.Namespace === 'Fleetline' ? [properties.Dimensions] : []),
    ...(properties.Metrics ?? []).flatMap((each: { MetricStat?: { Metric: { Namespace: string; Dimensions: [] } } }) =>
      each.MetricStat?.Metric.Namespace === 'Fleetline' ? [each.MetricStat.Metric.Dimensions] : [],
    ),
  ])
  const setOf = (dimensions: { Name: string }[]) =>
    dimensions
      .map(({ Name }) => Name)
      .sort()
      .join()
  expect(new Set(read.map(setOf))).toEqual(new Set(['cell,env', 'cell,env,mode']))
  const lines: string[] = []
  emitMetrics({ some_count: [1, 'Count'] }, { mode: 'test' }, (line) => lines.push(line))
  const emitted = JSON.parse(lines[0]!)._aws.CloudWatchMetrics[0].Dimensions.map((set: string[]) =>
    [...set].sort().join(),
  )
  expect(new Set(emitted)).toEqual(new Set(['cell,env', 'cell,env,mode']))
})
