import { parseArgs } from 'node:util'
import { diagnose, type Finding } from './diagnose.ts'
import { gatherFacts } from './gather.ts'

const USAGE = `npm run doctor -- --url https://api.example.com [--prefix fleetline-prod-c1] [--secret <PlatformSecretArn>]
  FLEETLINE_ADMIN_KEY holds the admin key (a key on a command line is seen by everybody on the machine).
  --prefix and --secret look into AWS with the credentials of your shell (AWS_ENDPOINT_URL for emulators).
  Reads only. Ends with 1 when there is a problem.`

const SIGNS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  problem: 'PROBLEM',
  notChecked: '-      ',
}

const run = async (): Promise<number> => {
  const { values } = parseArgs({
    options: { url: { type: 'string' }, prefix: { type: 'string' }, secret: { type: 'string' } },
  })
  const adminKey = process.env.FLEETLINE_ADMIN_KEY
  if (!values.url || !URL.canParse(values.url) || !adminKey) {
    console.error(USAGE)
    return 2
  }
  const facts = await gatherFacts({
    url: values.url,
    adminKey,
    prefix: values.prefix ?? null,
    secretId: values.secret ?? null,
  })
  const findings = diagnose(facts)
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
