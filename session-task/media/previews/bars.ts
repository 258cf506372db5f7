import { CONTENT_LIMITS } from '../../../shared/core/content-limits.ts'

/** −60 dB: what is below is the noise of the decoder, which would fill the bars when they are scaled to the loudest */
const AUDIBLE = 0.001

/**
 * Bars of a voice note, the loudest 100.
 * @param loudness of equal pieces of time, 0–1
 * @returns null: silence, or nothing
 */
export const barsOf = (loudness: readonly number[], count: number = CONTENT_LIMITS.waveformBars): number[] | null => {
  if (loudness.length === 0) return null
  const means = Array.from({ length: count }, (_, bar) => {
    const start = Math.floor((bar * loudness.length) / count)
    const end = Math.max(start + 1, Math.floor(((bar + 1) * loudness.length) / count))
    const piece = loudness.slice(start, end)
    return piece.reduce((sum, value) => sum + value, 0) / piece.length
  })
  const loudest = Math.max(...means)
  return loudest >= AUDIBLE ? means.map((mean) => Math.round((mean / loudest) * 100)) : null
}
