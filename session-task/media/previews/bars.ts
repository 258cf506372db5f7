import { CONTENT_LIMITS } from '../../../shared/core/content-limits.ts'

/**
 * Bars of a voice note, the loudest 100.
 * @param loudness of equal pieces of time, any unit
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
  return loudest > 0 ? means.map((mean) => Math.round((mean / loudest) * 100)) : null
}
