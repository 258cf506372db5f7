import { RACE_POINTS, WEATHER } from './race-points.ts'

/** What a run did and what it found. */
export interface RunReport {
  seeds: number
  messagesOut: number
  messagesIn: number
  kills: number
  pauses: number
  /** sessions that were deleted at the end, with a kill on the way in two of three */
  deletes: number
  /** messages without an end when their worker was stopped */
  openAtStop: number
  lost: number
  /** frames of a message beyond its first: same id, same bytes */
  repeats: number
  blockedFrames: number
  readonly hits: Map<string, number>
  /** from the stop to a new connection; what finds a stop out counts only in real processes */
  readonly gapsMs: number[]
  /** the longest of them, and what happened in it; only with real processes */
  worstGap: { readonly name: string; readonly ms: number; readonly timeline: readonly string[] } | null
  /** from the new connection until everything was at rest and every session had one owner */
  readonly healingMs: number[]
  /** every broken promise, with the seed */
  readonly findings: string[]
}

export const newReport = (): RunReport => ({
  seeds: 0,
  messagesOut: 0,
  messagesIn: 0,
  kills: 0,
  pauses: 0,
  deletes: 0,
  openAtStop: 0,
  lost: 0,
  repeats: 0,
  blockedFrames: 0,
  hits: new Map([...RACE_POINTS.map(({ name }) => name), ...WEATHER, 's3 412'].map((name) => [name, 0])),
  gapsMs: [],
  worstGap: null,
  healingMs: [],
  findings: [],
})

export const countHit = (report: RunReport, name: string): void => {
  report.hits.set(name, (report.hits.get(name) ?? 0) + 1)
}

export const noteGap = (report: RunReport, name: string, ms: number, timeline: readonly string[]): void => {
  report.gapsMs.push(ms)
  if (ms > (report.worstGap?.ms ?? 0)) report.worstGap = { name, ms, timeline }
}

const PROGRESS_EVERY = 50

/** A line per 50 seeds, so that somebody who waits for a thousand sees that they pass. */
export const sayProgress = (title: string, report: RunReport, of: number): void => {
  if (report.seeds % PROGRESS_EVERY !== 0) return
  const { rss, heapUsed, external } = process.memoryUsage()
  const megabytes = (bytes: number) => Math.round(bytes / 1e6)
  process.stdout.write(
    `${title}: ${report.seeds} of ${of} seeds, ${report.findings.length} found, ${megabytes(rss)} MB here (heap ${megabytes(heapUsed)}, beside it ${megabytes(external)})\n`,
  )
}

const describeReplay = (findings: readonly string[]): string[] => {
  const seeds = new Set(findings.flatMap((finding) => finding.match(/seed (\d+)/)?.[1] ?? []))
  const names = [...seeds].map((seed) => `CHAOS_SEED=${seed} (processes: CHAOS_PROCESS_SEED=${seed})`)
  return names.length > 0 ? [`  replay, alone on a new session: ${names.join(' · ')}`] : []
}

const describeTimes = (times: readonly number[]): string => {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0)
  return `p50 ${at(0.5)} ms, max ${at(1)} ms`
}

const describeWorstGap = ({ worstGap }: RunReport): string[] =>
  worstGap
    ? [
        `  longest gap: ${(worstGap.ms / 1_000).toFixed(1)} s, ${worstGap.name}`,
        ...worstGap.timeline.map((line) => `    ${line}`),
      ]
    : []

export const printReport = (title: string, report: RunReport): void => {
  const hits = [...report.hits].filter(([, count]) => count > 0)
  const missed = [...report.hits].filter(([, count]) => count === 0)
  const lines = [
    `${title}: ${report.seeds} seeds, ${report.messagesOut} out, ${report.messagesIn} in, ${report.kills} kills, ${report.pauses} pauses, ${report.deletes} deletes`,
    `  open at a stop ${report.openAtStop} · lost ${report.lost} · repeats under the same id ${report.repeats} · zombie frames blocked ${report.blockedFrames}`,
    `  service gap (stopped → connected elsewhere): ${describeTimes(report.gapsMs)} · then at rest, one owner each: ${describeTimes(report.healingMs)}`,
    ...describeWorstGap(report),
    `  hits: ${hits.map(([name, count]) => `${name} ${count}`).join(' · ')}`,
    ...(missed.length > 0 ? [`  never: ${missed.map(([name]) => name).join(' · ')}`] : []),
    ...report.findings.map((finding) => `  FOUND ${finding}`),
    ...describeReplay(report.findings),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
