import { execFile } from 'node:child_process'
import type { PreviewResult } from '../preview.ts'
import { shrinkFrame } from './image.ts'
import { readMp4Facts } from './mp4-facts.ts'

const FRAME_TIMEOUT_MS = 8_000
const FRAME_BYTES = 2 * 1024 * 1024
const FRAME_PIXELS = 320

/** Each part by itself: a file that one of them cannot read may be fine for the others. */
export const previewVideo = async (path: string): Promise<PreviewResult> => {
  const [facts, frame] = await Promise.all([readMp4Facts(path), drawFrame(path)])
  const seconds = facts.seconds ?? (await readDuration(path))
  return {
    preview: {
      ...facts,
      ...(seconds ? { seconds } : {}),
      ...(frame instanceof Uint8Array ? { thumbnail: await shrinkFrame(frame) } : {}),
    },
    missing: frame === 'noProgram' ? ['ffmpeg'] : [],
  }
}

/** A fragmented file says it in its pieces alone. */
const readDuration = async (path: string): Promise<number | null> => {
  const { parseFile } = await import('music-metadata')
  const { format } = await parseFile(path, { skipCovers: true })
  return format.duration ?? null
}

/** The first frame as a JPEG; null: there is none that ffmpeg can decode. */
const drawFrame = (path: string): Promise<Uint8Array | 'noProgram' | null> =>
  new Promise((resolve) => {
    const scale = `scale=${FRAME_PIXELS}:${FRAME_PIXELS}:force_original_aspect_ratio=decrease`
    const reading = ['-nostdin', '-v', 'error', '-threads', '1', '-protocol_whitelist', 'file', '-i', path]
    const writing = ['-frames:v', '1', '-an', '-vf', scale, '-f', 'mjpeg', 'pipe:1']
    const options = {
      encoding: 'buffer',
      timeout: FRAME_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: FRAME_BYTES,
    } as const
    execFile('ffmpeg', [...reading, ...writing], options, (error, stdout) => {
      if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') resolve('noProgram')
      else resolve(error || stdout.length === 0 ? null : stdout)
    })
  })
