import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { UserError } from './cli/user-error.ts'
import { resetDataDir } from './runtime/data-dir.ts'

/** `npm run reset`: forgets the local platform's data. */
try {
  const { values } = parseArgs({ options: { 'data-dir': { type: 'string' } } })
  const path = resolve(values['data-dir'] ?? '.fleetline')
  process.stdout.write(resetDataDir(path) ? `${path} is gone.\n` : `${path} was not there.\n`)
} catch (error) {
  process.stderr.write(`${error instanceof UserError ? error.message : (error as Error).stack}\n`)
  process.exitCode = 1
}
