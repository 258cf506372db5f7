import { parseFile } from 'music-metadata'
import type { Preview } from '../preview.ts'

/** @throws when it is no audio that can be read */
export const previewAudio = async (path: string): Promise<Preview> => {
  // Without a header that says it, the duration is counted frame by frame: a file is at most 16 MB.
  const { format } = await parseFile(path, { duration: true, skipCovers: true })
  return format.duration ? { seconds: format.duration } : {}
}
