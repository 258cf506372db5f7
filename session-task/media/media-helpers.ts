import { entryUrl, processChannel, threadChannel } from './channels.ts'
import { Helper } from './helper.ts'
import type { PreviewJobs } from './preview.ts'
import type { ThreadJobs } from './thread-jobs.ts'

export interface MediaHelpers {
  /** reading, hashing, encrypting, verifying, storing */
  readonly files: Helper<ThreadJobs>
  /** looking into files */
  readonly previews: Helper<PreviewJobs>
  stop(): void
}

const IDLE_MS = 120_000
/** 100 MB over a slow network */
const FILES = { concurrency: 4, queueLimit: 200, timeoutMs: 5 * 60_000, idleMs: IDLE_MS } as const
const FILES_HEAP_MB = 128
/** One at a time: when it dies, it is clear of which file. A message goes without its preview sooner than it waits. */
const PREVIEWS = { concurrency: 1, queueLimit: 16, timeoutMs: 15_000, idleMs: IDLE_MS } as const
const PREVIEWS_HEAP_MB = 192

/** One thread and one process per worker, neither of them started before there is a file. */
export const makeMediaHelpers = (): MediaHelpers => {
  const files = new Helper<ThreadJobs>(threadChannel(entryUrl('media-thread'), FILES_HEAP_MB), FILES)
  const previews = new Helper<PreviewJobs>(processChannel(entryUrl('preview-process'), PREVIEWS_HEAP_MB), PREVIEWS)
  return {
    files,
    previews,
    stop: () => {
      files.stop()
      previews.stop()
    },
  }
}
