/** What a player shows before it has the file. What could not be found out is absent. */
export interface Preview {
  /** JPEG, base64 */
  readonly thumbnail?: string
  readonly width?: number
  readonly height?: number
  readonly seconds?: number
  /** 64 bars of 0–100 */
  readonly waveform?: readonly number[]
}

export interface PreviewResult {
  readonly preview: Preview
  /** programs that would have been wanted and are not installed */
  readonly missing: readonly string[]
}

export type PreviewJobs = {
  readonly preview: {
    readonly input: { readonly look: Look; readonly path: string }
    readonly output: PreviewResult
  }
  /** a picture as WhatsApp shows people and groups: a square JPEG. @returns its bytes */
  readonly picture: {
    readonly input: { readonly path: string; readonly sidePixels: number }
    readonly output: Uint8Array
  }
}

/** How a file is looked at. */
export type Look = 'image' | 'video' | 'audio' | 'voice'
