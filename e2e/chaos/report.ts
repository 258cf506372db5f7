import { RACE_POINTS, WEATHER } from './race-points.ts'

/** What a run did and what it found. */
export interface RunReport {
  seeds: number
  messagesOut: number
  messagesIn: number
  kills: number
  pauses: number
  /** messages without an end when their worker was stopped */
  openAtStop: number
  lost: number
  /** frames of a message beyond its first: same id, same bytes */
  repeats: number
  blockedFrames: number
  readonly hits: Map<string, number>
  readonly gapsMs: number[]
  /** every broken promise, with the seed */
  readonly findings: string[]
}

export const newReport = (): RunReport => ({
  seeds: 0,
  messagesOut: 0,
  messagesIn: 0,
  kills: 0,
  pauses: 0,
  openAtStop: 0,
  lost: 0,
  repeats: 0,
  blockedFrames: 0,
  hits: new Map([...RACE_POINTS.map(({ name }) => name), ...WEATHER, 's3 412'].map((name) => [name, 0])),
  gapsMs: [],
  findings: [],
})

export const countHit = (report: RunReport, name: string): void => {
  report.hits.set(name, (report.hits.get(name) ?? 0) + 1)
}

const PROGRESS_EVERY = 50

/** A line per 50 seeds, so that somebody who waits for a thousand sees that they pass. */
export const sayProgress = (title: string, report: RunReport, of: number): void => {
  if (report.seeds % PROGRESS_EVERY !== 0) return
  const { rss } = process.memoryUsage()
  process.stdout.write(
    `${title}: ${report.seeds} of ${of} seeds, ${report.findings.length} found, ${Math.round(rss / 1e6)} MB here\n`,
  )
}

export const printReport = (title: string, report: RunReport): void => {
  const gaps = [...report.gapsMs].sort((a, b) => a - b)
  const lines = [
    `${title}: ${report.seeds} seeds, ${report.messagesOut} out, ${report.messagesIn} in, ${report.kills} kills, ${report.pauses} pauses`,
    `  open at a stop ${report.openAtStop} · lost ${report.lost} · repeats under the same id ${report.repeats} · zombie frames blocked ${report.blockedFrames}`,
    `  service gap (stopped → connected elsewhere, detection excluded): p50 ${Math.round(gaps[gaps.length >> 1] ?? 0)} ms, max ${Math.round(gaps.at(-1) ?? 0)} ms`,
    `  hits: ${[...report.hits].map(([name, count]) => `${name} ${count}`).join(' · ')}`,
    ...report.findings.map((finding) => `  FOUND ${finding}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
