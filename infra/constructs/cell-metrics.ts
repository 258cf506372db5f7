import { Duration } from 'aws-cdk-lib'
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Cell } from './cell.ts'

/** A metric that our code emits by EMF (shared/log/metrics.ts): dimensions env and cell, never an id. */
export const ownMetric = (cell: Cell, metricName: string, statistic = 'Sum', period = Duration.minutes(5)): Metric =>
  metricOf(cell, metricName, statistic, period, {})

/**
 * Gauges of the planner, which says one number per mode: without the mode a figure of an unused mode would hide the other
 * (nobody waits in test, so the least of both is zero while live waits).
 */
export const bothModes = (
  cell: Cell,
  metricName: string,
  input: { statistic: string; join: 'SUM' | 'MAX'; label: string; period?: Duration },
): MathExpression => {
  const period = input.period ?? Duration.minutes(5)
  return new MathExpression({
    label: input.label,
    period,
    // Ids are unique within a graph, so they carry the metric's name.
    expression: `${input.join}([FILL(${metricName}_live, 0), FILL(${metricName}_test, 0)])`,
    usingMetrics: {
      [`${metricName}_live`]: metricOf(cell, metricName, input.statistic, period, { mode: 'live' }),
      [`${metricName}_test`]: metricOf(cell, metricName, input.statistic, period, { mode: 'test' }),
    },
  })
}

const metricOf = (
  cell: Cell,
  metricName: string,
  statistic: string,
  period: Duration,
  dimensions: { readonly mode?: string },
): Metric =>
  new Metric({
    namespace: 'Fleetline',
    metricName,
    dimensionsMap: { env: cell.config.environment, cell: cell.config.cell, ...dimensions },
    statistic,
    period,
  })

/** Sum of several metrics: one alarm for one question. */
export const sumOf = (label: string, metrics: readonly Metric[], period = Duration.minutes(5)): MathExpression =>
  new MathExpression({
    label,
    period,
    expression: metrics.map((_, index) => `FILL(m${index}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric])),
  })

/** @param dimensions RuleName, and EventBusName where it is not the default bus */
export const ruleMetric = (metricName: string, dimensions: Record<string, string>): Metric =>
  new Metric({
    namespace: 'AWS/Events',
    metricName,
    dimensionsMap: dimensions,
    statistic: 'Sum',
    period: Duration.minutes(5),
  })

/** @param operation where DynamoDB counts by operation (SystemErrors does) */
export const tableMetric = (tableName: string, metricName: string, operation?: string): Metric =>
  new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { TableName: tableName, ...(operation ? { Operation: operation } : {}) },
    statistic: 'Sum',
    period: Duration.minutes(5),
  })
