/**
 * Node's options of a worker process. V8 lets the young generation grow while many sessions link or connect at once, and
 * keeps it: 8 MB per half is a fifth to almost half less memory, without more CPU that could be measured
 * (docs/performance.md, `memory`).
 */
export const WORKER_NODE_OPTIONS = ['--max-semi-space-size=8'] as const

/** How a worker is started, in the image's working directory. */
export const WORKER_COMMAND: readonly string[] = ['node', ...WORKER_NODE_OPTIONS, 'dist/session-task/main.mjs']
