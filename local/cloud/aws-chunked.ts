/**
 * Decodes the `aws-chunked` body encoding (size in hex, optional signature, CRLF, data, CRLF, …, trailers), which the SDK
 * uses for streams. Trailing checksums are not checked here.
 */
export const decodeAwsChunked = (raw: Buffer): Buffer => {
  const parts: Buffer[] = []
  let position = 0
  for (;;) {
    const lineEnd = raw.indexOf('\r\n', position)
    if (lineEnd === -1) break
    const size = Number.parseInt(raw.subarray(position, lineEnd).toString().split(';')[0]!, 16)
    if (!size) break
    parts.push(raw.subarray(lineEnd + 2, lineEnd + 2 + size))
    position = lineEnd + 2 + size + 2
  }
  return Buffer.concat(parts)
}
