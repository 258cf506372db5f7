import type { PreviewJobs, PreviewResult } from './preview.ts'
import { previewAudio, previewVoice } from './previews/audio.ts'
import { cutSquare, previewImage } from './previews/image.ts'
import { previewVideo } from './previews/video.ts'
import { serveJobs } from './serve-jobs.ts'

/** Entry of the process that decodes files of customers. It has no credentials, and whoever started it may kill it. */
const alone = (preview: PreviewResult['preview']): PreviewResult => ({ preview, missing: [] })

process.on('disconnect', () => process.exit(0))
process.on(
  'message',
  serveJobs<PreviewJobs>(
    {
      preview: async ({ look, path }) => {
        switch (look) {
          case 'image':
            return alone(await previewImage(path))
          case 'video':
            return previewVideo(path)
          case 'audio':
            return alone(await previewAudio(path))
          case 'voice':
            return alone(await previewVoice(path))
        }
      },
      picture: ({ path, sidePixels }) => cutSquare(path, sidePixels),
    },
    (answer) => process.send?.(answer),
  ) as (message: unknown) => void,
)
