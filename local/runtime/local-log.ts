import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { keyOf, MetricHistory } from './metric-history.ts'

const KEPT_LINES = 2_000
const FILE_LIMIT_BYTES = 50 * 1024 * 1024

interface MetricSeries {
  readonly unit: string
  count: number
  sum: number
  min: number
  max: number
  last: number
}

/**
 * What lambdas, workers and emulators print. Kept in memory for /_local/log, appended to <data dir>/log.txt, and EMF
 * lines become live metrics as CloudWatch Logs would extract them.
 */
export class LocalLog {
  readonly #lines: string[] = []
  readonly #metrics = new Map<string, MetricSeries>()
  /** the last hour, for dashboards */
  readonly history = new MetricHistory()
  readonly #file: string | null
  readonly #listeners = new Set<(line: string) => void>()

  constructor(dataDir?: string) {
    this.#file = dataDir ? join(dataDir, 'log.txt') : null
    if (!dataDir || !this.#file) return
    mkdirSync(dataDir, { recursive: true })
    if (existsSync(this.#file) && statSync(this.#file).size > FILE_LIMIT_BYTES)
      renameSync(this.#file, `${this.#file}.old`)
  }

  /** @param source who printed it, e.g. lambda api-messages */
  line(source: string, text: string): void {
    if (this.#collectMetrics(text)) return
    const line = `${new Date().toISOString()} [${source}] ${text}`
    this.#lines.push(line)
    if (this.#lines.length > KEPT_LINES) this.#lines.splice(0, KEPT_LINES / 4)
    if (this.#file) appendFileSync(this.#file, `${line}\n`)
    for (const listener of this.#listeners) listener(line)
  }

  recent(count = 500): readonly string[] {
    return this.#lines.slice(-count)
  }

  follow(listener: (line: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** name{dimension=value,…} → figures since start */
  metrics(): Record<string, MetricSeries> {
    return Object.fromEntries(this.#metrics)
  }

  #collectMetrics(text: string): boolean {
    if (!text.startsWith('{"_aws"')) return false
    try {
      const emf = JSON.parse(text)
      for (const directive of emf._aws.CloudWatchMetrics ?? [])
        for (const set of directive.Dimensions ?? [[]]) {
          const dimensions = set.map((name: string) => `${name}=${emf[name]}`).join(',')
          for (const { Name, Unit } of directive.Metrics ?? [])
            for (const value of [emf[Name]].flat()) {
              this.#record(`${Name}{${dimensions}}`, Unit, Number(value))
              this.history.add(keyOf(Name, valuesOf(emf, set)), Number(value))
            }
        }
      return true
    } catch {
      return false // not EMF after all: it is shown as the line it is
    }
  }

  #record(key: string, unit: string, value: number): void {
    const series = this.#metrics.get(key) ?? { unit, count: 0, sum: 0, min: value, max: value, last: value }
    series.count++
    series.sum += value
    series.min = Math.min(series.min, value)
    series.max = Math.max(series.max, value)
    series.last = value
    this.#metrics.set(key, series)
  }
}

const valuesOf = (emf: Readonly<Record<string, unknown>>, dimensions: readonly string[]): Record<string, string> =>
  Object.fromEntries(dimensions.map((name) => [name, String(emf[name])]))
