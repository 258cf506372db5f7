import { type CostInput, estimateCost } from './estimate.ts'
import { readOptions, USAGE } from './options.ts'

/** `npm run cost`: what a cell costs per month, by service. */
const CURVE = [100, 1_000, 10_000, 100_000, 1_000_000]
const usd = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 3 : 0 })

const printEstimate = (input: CostInput): void => {
  const { lines, workers, usdPerMonth, usdPerSession } = estimateCost(input)
  for (const { name, usdPerMonth: cost, because } of lines)
    console.log(`${name.padEnd(17)} ${usd(cost).padStart(10)}  ${because}`)
  console.log(
    `${'together'.padEnd(17)} ${usd(usdPerMonth).padStart(10)}  USD a month; ${workers} workers; ${usd(usdPerSession)} per session`,
  )
  console.log(
    '\nList prices of us-east-1 (shared/core/list-prices.ts) and arithmetic: not measured on AWS. No traffic out, no support plan.',
  )
}

const printCurve = (input: CostInput): void => {
  const perSession = input.messagesPerDay / Math.max(1, input.sessions)
  console.log(
    `${'sessions'.padStart(10)} ${'workers'.padStart(8)} ${'USD/month'.padStart(11)} ${'USD/session'.padStart(12)}`,
  )
  for (const sessions of CURVE) {
    const { workers, usdPerMonth, usdPerSession } = estimateCost({
      ...input,
      sessions,
      messagesPerDay: perSession * sessions,
    })
    console.log(
      `${usd(sessions).padStart(10)} ${usd(workers).padStart(8)} ${usd(usdPerMonth).padStart(11)} ${usd(usdPerSession).padStart(12)}`,
    )
  }
  console.log('\nOne cell carries up to 50,000 sessions: above that these are several cells (docs/scale.md).')
}

try {
  const options = readOptions(process.argv.slice(2))
  if (!options) console.log(USAGE)
  else if (options.curve) printCurve(options.input)
  else printEstimate(options.input)
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`)
  process.exitCode = 2
}
