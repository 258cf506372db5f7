import { newReport, type RunReport, sayProgress } from '../report.ts'
import { checkProcessFleet, untilProcessFleetHealed } from './check-process-fleet.ts'
import { playProcessSeed } from './play-process-seed.ts'
import { startProcessFleet } from './process-fleet.ts'
import { describeProcessPlan, processPlanOf } from './process-plan.ts'

/**
 * One platform, seed after seed: SIGKILL and SIGSTOP of worker processes at their race points, in the middle of traffic.
 * Findings are in the report, not thrown; the first seed that breaks something is the last one.
 * @param patience some split brains are left for the reaper to find, which takes a minute each
 */
export const runProcessSeeds = async (seeds: readonly number[], patience = false): Promise<RunReport> => {
  const fleet = await startProcessFleet()
  const report = newReport()
  try {
    for (const seed of seeds) {
      const plan = processPlanOf(seed, patience)
      const name = describeProcessPlan(plan)
      const startedAt = performance.now()
      try {
        await playProcessSeed(fleet, report, plan)
        const playedAt = performance.now()
        report.findings.push(...(await untilProcessFleetHealed(fleet, report, name, seed)))
        report.healingMs.push(performance.now() - playedAt)
        if (process.env.CHAOS_VERBOSE)
          process.stdout.write(
            `${name}: played in ${Math.round(playedAt - startedAt)} ms, then healed in ${Math.round(performance.now() - playedAt)} ms\n`,
          )
      } catch (error) {
        report.findings.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      }
      report.seeds++
      sayProgress('chaos with real processes', report, seeds.length)
      if (report.findings.length > 0) break
    }
    if (report.findings.length === 0)
      await checkProcessFleet(fleet, report).then(
        (found) => report.findings.push(...found),
        (error) => report.findings.push(`at the end: ${error instanceof Error ? error.stack : String(error)}`),
      )
    report.hits.set('s3 412', fleet.control.witness.conflicts)
    report.lost = report.findings.filter((finding) => finding.includes('LOST')).length
    return report
  } finally {
    await fleet.stop()
  }
}
