import { parseArgs } from 'node:util'
import { checkAccount } from './check-account.ts'
import { diagnose } from './diagnose.ts'
import type { Finding } from './finding.ts'
import { gatherAccount, gatherFacts, needsOfCell } from './gather.ts'

const USAGE = `npm run doctor -- --url https://api.example.com [--prefix fleetline-prod-c1] [--secret <PlatformSecretArn>]
  FLEETLINE_ADMIN_KEY holds the admin key (a key on a command line is seen by everybody on the machine).
  --prefix and --secret look into AWS with the credentials of your shell (AWS_ENDPOINT_URL for emulators).
  --sessions N compares the account's quotas with N sessions instead of those that are there.
  Without --url: looks at the account alone (bootstrap, region, quotas), before the first deployment.
  Reads only. Ends with 1 when there is a problem.`

const SIGNS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  problem: 'PROBLEM',
  notChecked: '-      ',
}

const run = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      prefix: { type: 'string' },
      secret: { type: 'string' },
      sessions: { type: 'string' },
    },
  })
  const adminKey = process.env.FLEETLINE_ADMIN_KEY
  const sessions = values.sessions === undefined ? null : Number(values.sessions)
  const isWrong = sessions !== null && !(Number.isInteger(sessions) && sessions > 0)
  const prefix = values.prefix ?? null
  if (isWrong || (values.url ? !URL.canParse(values.url) || !adminKey : !prefix)) {
    console.error(USAGE)
    return 2
  }
  const findings = values.url
    ? diagnose(
        await gatherFacts({ url: values.url, adminKey: adminKey!, prefix, secretId: values.secret ?? null, sessions }),
      )
    : checkAccount({ ...(await gatherAccount({ prefix })), needs: needsOfCell({ prefix, sessions }, 0) })
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
