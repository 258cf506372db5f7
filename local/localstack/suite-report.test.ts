import { expect, test } from 'vitest'
import { readOutcome } from './suite-report.ts'

const results = (...statuses: string[]) => statuses.map((status, index) => ({ status, fullName: `test ${index}` }))

test('what passed, failed and was skipped is counted; a file that never came to its tests has failed', () => {
  const outcome = readOutcome(
    {
      testResults: [
        { name: '/x/a.test.ts', status: 'passed', assertionResults: results('passed', 'passed', 'skipped') },
        { name: '/x/b.test.ts', status: 'failed', message: 'no start', assertionResults: results('skipped') },
        { name: '/x/c.test.ts', status: 'failed', assertionResults: results('failed') },
      ],
    },
    '/x',
  )
  expect(outcome).toEqual({
    passed: 2,
    failed: ['b.test.ts: no start', 'test 0'],
    skipped: ['test 2', 'test 0'],
    lines: [
      'a.test.ts: 2 passed, 0 failed, 1 skipped',
      'b.test.ts: 0 passed, 1 failed, 1 skipped',
      'c.test.ts: 0 passed, 1 failed, 0 skipped',
    ],
  })
})
