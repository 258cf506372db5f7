const BUCKET_MS = 10_000
const KEPT_BUCKETS = 360
/** Enough for a percentile on a laptop; beyond it a bucket knows its count, sum and extremes alone. */
const KEPT_VALUES = 500

interface Bucket {
  readonly at: number
  count: number
  sum: number
  min: number
  max: number
  readonly values: number[]
}

/** Time and value of a statistic, oldest first. */
export type Points = readonly (readonly [at: number, value: number])[]

/** One hour of every metric in steps of ten seconds, by the name and dimensions that CloudWatch would keep it under. */
export class MetricHistory {
  readonly #series = new Map<string, Bucket[]>()

  add(key: string, value: number, now = Date.now()): void {
    const at = Math.floor(now / BUCKET_MS) * BUCKET_MS
    const buckets = this.#series.get(key) ?? []
    this.#series.set(key, buckets)
    let bucket = buckets.at(-1)
    if (bucket?.at !== at) {
      bucket = { at, count: 0, sum: 0, min: value, max: value, values: [] }
      buckets.push(bucket)
      if (buckets.length > KEPT_BUCKETS) buckets.shift()
    }
    bucket.count++
    bucket.sum += value
    bucket.min = Math.min(bucket.min, value)
    bucket.max = Math.max(bucket.max, value)
    if (bucket.values.length < KEPT_VALUES) bucket.values.push(value)
  }

  /** @param statistic as CloudWatch names it: Sum, Average, Minimum, Maximum, SampleCount, p0 to p100 */
  read(key: string, statistic: string): Points {
    return (this.#series.get(key) ?? []).map((bucket) => [bucket.at, statisticOf(bucket, statistic)])
  }
}

/** A key of the history: name{dimension=value,…} with the dimensions in alphabetic order. */
export const keyOf = (name: string, dimensions: Readonly<Record<string, string>>): string =>
  `${name}{${Object.keys(dimensions)
    .sort()
    .map((dimension) => `${dimension}=${dimensions[dimension]}`)
    .join(',')}}`

const statisticOf = (bucket: Bucket, statistic: string): number => {
  switch (statistic) {
    case 'Sum':
      return bucket.sum
    case 'Average':
      return bucket.sum / bucket.count
    case 'Minimum':
      return bucket.min
    case 'Maximum':
      return bucket.max
    case 'SampleCount':
      return bucket.count
    default: {
      const share = Number(/^p(\d+(?:\.\d+)?)$/.exec(statistic)?.[1])
      if (Number.isNaN(share)) throw new Error(`unknown statistic ${statistic}`)
      const sorted = [...bucket.values].sort((a, b) => a - b)
      return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100))]!
    }
  }
}
