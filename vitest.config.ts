import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** unit: beside the code. e2e: black box over HTTP. long: bigger matrices, seeds printed. infra/ belongs to Jest. */
export default defineConfig({
  test: {
    reporters: ['default'],
    // Half of the time of a file is waiting for emulators: one per core (the default leaves one core out).
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{shared,lambdas,session-task,simulator,local,tools,sdk}/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          env: { METRICS: 'off' },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'long',
          include: ['**/*.long.ts'],
          exclude: ['node_modules/**'],
          testTimeout: 1_800_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
