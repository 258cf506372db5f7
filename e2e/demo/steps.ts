import { performance } from 'node:perf_hooks'

/** Numbered steps with time and result; a step that throws ends the tour with its reason. */
export const makeSteps = (total: number) => {
  let number = 0
  const started = performance.now()
  const colour = process.stdout.isTTY
    ? (code: number, text: string) => `\u001b[${code}m${text}\u001b[0m`
    : (_: number, text: string) => text
  const step = async <T>(title: string, run: () => Promise<{ result: T; proof: string }>): Promise<T> => {
    number++
    const label = `[${String(number).padStart(2)}/${total}] ${title}`
    process.stdout.write(`${label.padEnd(62, ' ')}`)
    const from = performance.now()
    try {
      const { result, proof } = await run()
      process.stdout.write(
        `${colour(32, 'ok')} ${((performance.now() - from) / 1000).toFixed(1).padStart(5)} s  ${proof}\n`,
      )
      return result
    } catch (error) {
      process.stdout.write(`${colour(31, 'FAILED')}\n        ${error instanceof Error ? error.message : error}\n`)
      throw error
    }
  }
  return { step, count: () => number, seconds: () => (performance.now() - started) / 1000 }
}
