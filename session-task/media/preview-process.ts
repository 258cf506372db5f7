import { writeFileSync } from 'node:fs'
import type { PreviewJobs, PreviewResult } from './preview.ts'
import { serveJobs } from './serve-jobs.ts'

/**
 * Entry of the process that decodes files of customers. It has no credentials, and whoever started it may kill it. A
 * decoder is loaded by the first file that takes it.
 */

/** When memory runs out, the kernel should not take the worker. */
const preferToDie = (): void => {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch (error) {
    // Not Linux, or not allowed: the kernel chooses by size, as always.
    if (!['ENOENT', 'EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

const alone = (preview: PreviewResult['preview']): PreviewResult => ({ preview, missing: [] })

preferToDie()
process.on('disconnect', () => process.exit(0))
process.on(
  'message',
  serveJobs<PreviewJobs>(
    {
      preview: async ({ look, path }) => {
        switch (look) {
          case 'image':
            return alone(await (await import('./previews/image.ts')).previewImage(path))
          case 'video':
            return (await import('./previews/video.ts')).previewVideo(path)
          case 'audio':
            return alone(await (await import('./previews/audio.ts')).previewAudio(path))
          case 'voice':
            return alone(await (await import('./previews/voice.ts')).previewVoice(path))
        }
      },
      picture: async ({ path, sidePixels }) => (await import('./previews/image.ts')).cutSquare(path, sidePixels),
    },
    (answer) => process.send?.(answer),
  ) as (message: unknown) => void,
)
