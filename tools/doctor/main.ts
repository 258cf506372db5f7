import { checkAccount } from './check-account.ts'
import { diagnose } from './diagnose.ts'
import type { Finding } from './finding.ts'
import { gatherAccount, gatherFacts, needsOfCell } from './gather.ts'
import { readOptions, USAGE } from './options.ts'

const SIGNS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  problem: 'PROBLEM',
  notChecked: '-      ',
}

const run = async (): Promise<number> => {
  const options = readOptions(process.argv.slice(2), process.env.FLEETLINE_ADMIN_KEY)
  if (!options) {
    console.log(USAGE)
    return 0
  }
  const { api, ...place } = options
  const findings = api
    ? diagnose(await gatherFacts({ ...place, ...api }))
    : checkAccount({ ...(await gatherAccount(place)), needs: needsOfCell(place, 0) })
  for (const { level, check, says, advice } of findings) {
    console.log(`${SIGNS[level]}  ${check}: ${says}`)
    if (advice) console.log(`         → ${advice}`)
  }
  return findings.some(({ level }) => level === 'problem') ? 1 : 0
}

try {
  process.exitCode = await run()
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`)
  process.exitCode = 2
}
