import { parseFile } from 'music-metadata'
import type { Preview } from '../preview.ts'
import { drawWaveform } from './waveform.ts'

/** @throws when it is no audio that can be read */
export const previewAudio = async (path: string): Promise<Preview> => {
  // Without a header that says it, the duration is counted frame by frame: a file is at most 16 MB.
  const { format } = await parseFile(path, { duration: true, skipCovers: true })
  return format.duration ? { seconds: format.duration } : {}
}

/** The duration stands in the last page; the waveform takes decoding. One may be there without the other. */
export const previewVoice = async (path: string): Promise<Preview> => {
  const [duration, waveform] = await Promise.allSettled([previewAudio(path), drawWaveform(path)])
  if (duration.status === 'rejected' && waveform.status === 'rejected') throw waveform.reason
  return {
    ...(duration.status === 'fulfilled' ? duration.value : {}),
    ...(waveform.status === 'fulfilled' && waveform.value ? { waveform: waveform.value } : {}),
  }
}
