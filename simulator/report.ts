/** The supervisor of last resort: a defect of the simulator itself, with its stack, for whoever runs it. */
export function reportFailure(what: string, error: unknown): void {
  process.stderr.write(`simulator: ${what} failed: ${(error as Error).stack ?? String(error)}\n`)
}
