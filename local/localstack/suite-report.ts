/** What we read of vitest's JSON report. */
export interface SuiteReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

export interface Outcome {
  readonly passed: number
  /** test names, and files that failed before their first test */
  readonly failed: readonly string[]
  readonly skipped: readonly string[]
  /** one line per suite */
  readonly lines: readonly string[]
}

/** @param root what file names begin with */
export const readOutcome = ({ testResults }: SuiteReport, root: string): Outcome => {
  const suites = testResults.map(({ name, status, message, assertionResults }) => {
    const file = name.replace(`${root}/`, '')
    const of = (wanted: (status: string) => boolean) =>
      assertionResults.filter((result) => wanted(result.status)).map(({ fullName }) => fullName)
    const failed = of((result) => result === 'failed')
    // A hook that fails leaves its tests skipped: the file says so, no test does.
    if (status === 'failed' && failed.length === 0) failed.push(`${file}: ${message || 'failed as a whole'}`)
    return { file, passed: of((result) => result === 'passed').length, failed, skipped: of(isSkipped) }
  })
  return {
    passed: suites.reduce((sum, { passed }) => sum + passed, 0),
    failed: suites.flatMap(({ failed }) => failed),
    skipped: suites.flatMap(({ skipped }) => skipped),
    lines: suites.map(
      ({ file, passed, failed, skipped }) =>
        `${file}: ${passed} passed, ${failed.length} failed, ${skipped.length} skipped`,
    ),
  }
}

const isSkipped = (status: string): boolean => status !== 'passed' && status !== 'failed'
