/**
 * Node's options of a worker process. V8 lets the young generation grow while many sessions link or connect at once, by
 * hundreds of megabytes, and keeps it: with 8 MB per half nothing takes longer, and the task holds more sessions.
 */
export const WORKER_NODE_OPTIONS = ['--max-semi-space-size=8'] as const

/** How a worker is started, in the image's working directory. */
export const WORKER_COMMAND: readonly string[] = ['node', ...WORKER_NODE_OPTIONS, 'dist/session-task/main.mjs']
