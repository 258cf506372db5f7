interface EncodedBytes {
  readonly type: 'Buffer'
  readonly data: string
}

const isEncodedBytes = (value: object): value is EncodedBytes =>
  'type' in value && value.type === 'Buffer' && 'data' in value && typeof value.data === 'string'

/**
 * Plain JSON-able copy with bytes as {type: 'Buffer', data: base64}, the form of Baileys' BufferJSON. Own properties
 * only and no toJSON: that of a protobuf object would turn its bytes into bare base64 text.
 */
export const encodeBytes = (value: unknown): unknown => {
  if (value instanceof Uint8Array) {
    return {
      type: 'Buffer',
      data: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
    } satisfies EncodedBytes
  }
  if (Array.isArray(value)) return value.map(encodeBytes)
  if (typeof value === 'object' && value !== null) {
    const out: Record<string, unknown> = {}
    for (const key of Object.keys(value)) {
      const field = (value as Record<string, unknown>)[key]
      if (field !== undefined && typeof field !== 'function') out[key] = encodeBytes(field)
    }
    return out
  }
  return value
}

/** Fresh copy with the bytes back as Buffers: callers may change what they get. */
export const decodeBytes = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return value.map(decodeBytes)
  if (typeof value === 'object' && value !== null) {
    if (isEncodedBytes(value)) return Buffer.from(value.data, 'base64')
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, decodeBytes(field)]))
  }
  return value
}
