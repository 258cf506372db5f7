import { ENV } from '../../config/environment.ts'

/** Metrics of this process until it is stopped: each line's names and values, as CloudWatch would take them. */
export const collectMetrics = (): { readonly sum: (name: string) => number; readonly stop: () => void } => {
  const lines: Record<string, unknown>[] = []
  const before = process.env[ENV.metrics]
  const write = process.stdout.write
  process.env[ENV.metrics] = ''
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
    const text = String(chunk)
    if (!text.startsWith('{"_aws"')) return write.call(process.stdout, chunk, ...rest)
    lines.push(JSON.parse(text))
    return true
  }) as typeof process.stdout.write
  return {
    sum: (name) => lines.reduce((total, line) => total + Number(line[name] ?? 0), 0),
    stop: () => {
      process.stdout.write = write
      if (before === undefined) delete process.env[ENV.metrics]
      else process.env[ENV.metrics] = before
    },
  }
}
