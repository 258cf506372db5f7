import { Duration } from 'aws-cdk-lib'
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Cell } from './cell.ts'

/** A metric that our code emits by EMF (shared/log/metrics.ts): dimensions env and cell, never an id. */
export const ownMetric = (cell: Cell, metricName: string, statistic = 'Sum', period = Duration.minutes(5)): Metric =>
  new Metric({
    namespace: 'Fleetline',
    metricName,
    dimensionsMap: { env: cell.config.environment, cell: cell.config.cell },
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

export const tableMetric = (tableName: string, metricName: string): Metric =>
  new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { TableName: tableName },
    statistic: 'Sum',
    period: Duration.minutes(5),
  })
