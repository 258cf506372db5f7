import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { toOneLine, UserError } from './cli/user-error.ts'
import { resetDataDir } from './runtime/data-dir.ts'

/** `npm run reset`: forgets the local platform's data. */
try {
  const path = resolve(readDataDir())
  process.stdout.write(resetDataDir(path) ? `${path} is gone.\n` : `${path} was not there.\n`)
} catch (error) {
  process.stderr.write(`fleetline: ${toOneLine(error)}\n`)
  process.exitCode = 1
}

function readDataDir(): string {
  try {
    return parseArgs({ options: { 'data-dir': { type: 'string' } } }).values['data-dir'] || '.fleetline'
  } catch (error) {
    throw new UserError(`${(error as Error).message.split('. ')[0]}. Usage: npm run reset -- [--data-dir DIR]`)
  }
}
