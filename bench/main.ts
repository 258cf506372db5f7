import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from './report.ts'
import { printFigures } from './report.ts'

/**
 * `npm run bench` runs all, `npm run bench -- <name> …` some. One JSON line per figure and a table; never fails on time.
 * Machines are noisy: every figure that matters is a ratio to a baseline of the same run.
 */
const folder = join(import.meta.dirname, 'benches')
const available = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3))
const wanted = process.argv.slice(2).filter((name) => !name.startsWith('-'))
const unknown = wanted.filter((name) => !available.includes(name))
if (unknown.length) {
  console.error(`unknown bench ${unknown.join(', ')}; there are: ${available.join(', ')}`)
  process.exit(1)
}

for (const name of wanted.length ? wanted : available) {
  const { run }: { run: Bench } = await import(join(folder, `${name}.ts`))
  printFigures(name, await run())
}
