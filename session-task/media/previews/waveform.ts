import { createReadStream } from 'node:fs'
import { OggOpusDecoder } from 'ogg-opus-decoder'
import { barsOf } from './bars.ts'

const CHUNK_BYTES = 16 * 1024
/** 20 ms, the length of a usual Opus frame */
const STEP_SAMPLES = 960
/** A note of an hour takes seconds; longer ones go without. */
const BUDGET_MS = 10_000

/** @returns 64 bars of 0–100; null: nothing is heard, or it takes too long. @throws when it is no Opus in Ogg */
export const drawWaveform = async (path: string): Promise<number[] | null> => {
  const decoder = new OggOpusDecoder()
  await decoder.ready
  const deadline = performance.now() + BUDGET_MS
  const loudness: number[] = []
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      measure((await decoder.decode(chunk)).channelData[0], loudness)
      if (performance.now() > deadline) return null
    }
    measure((await decoder.flush()).channelData[0], loudness)
  } finally {
    decoder.free()
  }
  return barsOf(loudness)
}

/** Adds the mean loudness of each step. Steps do not cross chunks: of thousands a few are shorter, nobody sees it. */
const measure = (samples: Float32Array | undefined, loudness: number[]): void => {
  if (!samples) return
  for (let start = 0; start < samples.length; start += STEP_SAMPLES) {
    const step = samples.subarray(start, start + STEP_SAMPLES)
    loudness.push(step.reduce((sum, sample) => sum + Math.abs(sample), 0) / step.length)
  }
}
