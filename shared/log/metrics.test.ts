import { afterEach, expect, test, vi } from 'vitest'
import { emitMetrics } from './metrics.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test('metrics are one EMF line on stdout, unless they are switched off by name', () => {
  const lines: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
  vi.stubEnv('METRICS', '')
  emitMetrics({ some_count: [1, 'Count'] }, { mode: 'live' })
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ some_count: 1, mode: 'live' })
  vi.stubEnv('METRICS', 'off')
  emitMetrics({ some_count: [1, 'Count'] })
  expect(lines).toHaveLength(1)
})
