import type { Preview } from '../preview.ts'
import { previewAudio } from './audio.ts'
import { drawWaveform } from './waveform.ts'

/** The duration stands in the last page; the waveform takes decoding. One may be there without the other. */
export const previewVoice = async (path: string): Promise<Preview> => {
  const [duration, waveform] = await Promise.allSettled([previewAudio(path), drawWaveform(path)])
  if (duration.status === 'rejected' && waveform.status === 'rejected') throw waveform.reason
  return {
    ...(duration.status === 'fulfilled' ? duration.value : {}),
    ...(waveform.status === 'fulfilled' && waveform.value ? { waveform: waveform.value } : {}),
  }
}
