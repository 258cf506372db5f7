import { expect, it } from 'vitest'
import { measureInvocation, measureRequest } from './aws-metrics.ts'
import { drawDashboards } from './dashboards.ts'
import { keyOf, MetricHistory } from './metric-history.ts'

const CELL = { env: 'local', cell: 'c1' }
const resource = (metrics: unknown[]) => ({
  stack: 'ops',
  logicalId: 'Overview',
  type: 'AWS::CloudWatch::Dashboard',
  identity: { ref: 'overview', attributes: {} },
  properties: {
    DashboardName: 'cell-overview',
    DashboardBody: JSON.stringify({ widgets: [{ type: 'metric', properties: { title: 'T', metrics } }] }),
  },
})
const draw = (metrics: unknown[], history: MetricHistory) => {
  const [widget] = drawDashboards([resource(metrics)], history)[0]!.widgets
  return widget?.type === 'graph' ? widget.series : []
}

it('a statistic is taken per ten seconds, of exactly the dimensions that the graph names', () => {
  const history = new MetricHistory()
  for (const [value, at] of [
    [10, 1_000],
    [30, 9_999],
    [5, 10_000],
  ] as const)
    history.add(keyOf('latency', CELL), value, at)
  history.add(keyOf('latency', { ...CELL, mode: 'test' }), 999, 1_000)
  const row = (stat: string) => ['Fleetline', 'latency', 'cell', 'c1', 'env', 'local', { stat }]
  const pointsOf = (stat: string) => draw([row(stat)], history)[0]!.points
  expect(pointsOf('Sum')).toEqual([
    [0, 40],
    [10_000, 5],
  ])
  expect(pointsOf('p99')).toEqual([
    [0, 30],
    [10_000, 5],
  ])
  expect(pointsOf('Average')[0]).toEqual([0, 20])
})

it('both modes are added up where one of them is silent, and hidden operands are not drawn', () => {
  const history = new MetricHistory()
  history.add(keyOf('sessions', { ...CELL, mode: 'live' }), 3, 0)
  history.add(keyOf('sessions', { ...CELL, mode: 'test' }), 4, 0)
  history.add(keyOf('sessions', { ...CELL, mode: 'test' }), 5, 10_000)
  const operand = (mode: string) =>
    ['Fleetline', 'sessions', 'cell', 'c1', 'env', 'local', 'mode', mode].concat() as unknown[]
  const series = draw(
    [
      [{ expression: 'SUM([FILL(a, 0), FILL(b, 0)])', label: 'sessions', yAxis: 'right' }],
      [...operand('live'), { id: 'a', visible: false, stat: 'Maximum' }],
      [...operand('test'), { id: 'b', visible: false, stat: 'Maximum' }],
    ],
    history,
  )
  expect(series).toEqual([
    {
      label: 'sessions',
      axis: 'right',
      isElsewhere: false,
      points: [
        [0, 7],
        [10_000, 5],
      ],
    },
  ])
})

it('what AWS measures and this machine can: requests of the gateway and invocations of functions', () => {
  const history = new MetricHistory()
  measureRequest(history, 'cell', { status: 503, durationMs: 20 })
  measureInvocation(history, 'fn', { isFailed: true, durationMs: 5 })
  const rows = [
    ['AWS/ApiGateway', '5XXError', 'ApiName', 'cell', { stat: 'Sum' }],
    ['AWS/Lambda', 'Errors', 'FunctionName', 'fn', { stat: 'Sum' }],
  ]
  expect(draw(rows, history).map(({ points, isElsewhere }) => [points[0]![1], isElsewhere])).toEqual([
    [1, false],
    [1, false],
  ])
})

it('metrics of AWS itself are named as what nobody measures here; an unknown expression is not drawn wrongly', () => {
  const history = new MetricHistory()
  expect(draw([['AWS/SQS', 'Age', 'QueueName', 'q', { stat: 'Maximum' }]], history)[0]).toMatchObject({
    isElsewhere: true,
    points: [],
  })
  expect(() => draw([[{ expression: 'ANOMALY(a)' }]], history)).toThrow('cannot calculate')
})
