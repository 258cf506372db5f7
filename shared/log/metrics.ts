import { readEnvironment } from '../config/environment.ts'

/** Metrics by CloudWatch's Embedded Metric Format: one JSON line on stdout, extracted by CloudWatch Logs. */
export type MetricUnit = 'Count' | 'Milliseconds' | 'Seconds' | 'Bytes' | 'Percent' | 'None'

/** Low-cardinality dimensions only (architecture §10): a tenant, session or worker id here costs money per value. */
export interface MetricDimensions {
  readonly route?: string
  readonly mode?: string
  readonly version?: string
}

const NAMESPACE = 'Fleetline'

const writeLine = (line: string): void => void process.stdout.write(`${line}\n`)

/** @param metrics name → [value(s), unit]; arrays become one line with all values */
export const emitMetrics = (
  metrics: Record<string, readonly [value: number | readonly number[], unit: MetricUnit]>,
  dimensions: MetricDimensions = {},
  write: ((line: string) => void) | null = readEnvironment('metrics') === 'off' ? null : writeLine,
  now: number = Date.now(),
): void => {
  if (!write) return
  const base = { env: process.env.FLEETLINE_ENV ?? 'unknown', cell: process.env.FLEETLINE_CELL ?? 'unknown' }
  write(
    JSON.stringify({
      _aws: {
        Timestamp: now,
        CloudWatchMetrics: [
          {
            Namespace: NAMESPACE,
            Dimensions: dimensionSets(Object.keys(base), Object.keys(dimensions)),
            Metrics: Object.entries(metrics).map(([Name, [, Unit]]) => ({ Name, Unit })),
          },
        ],
      },
      ...base,
      ...dimensions,
      ...Object.fromEntries(Object.entries(metrics).map(([name, [value]]) => [name, value])),
    }),
  )
}

/** CloudWatch adds nothing up: alarms and dashboards of the cell read the set without route and mode. */
const dimensionSets = (base: readonly string[], more: readonly string[]): string[][] =>
  more.length === 0 ? [[...base]] : [[...base], [...base, ...more]]
