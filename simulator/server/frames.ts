import { PROLOGUE } from './noise.ts'

/** The client's first bytes were not a WhatsApp prologue. */
export class PrologueError extends Error {}

const ROUTING_HEADER = Buffer.from([0x45, 0x44, 0, 1])

/**
 * Cuts the byte stream into frames (3-byte big-endian length + body). One WebSocket message may hold several frames or a part
 * of one. The stream starts with the prologue, before it optionally `ED` 00 01 + 3-byte length + routing info.
 */
export class FrameReader {
  #bytes = Buffer.alloc(0)
  #hasPrologue = false

  /** Adds received bytes and returns the frames that are complete. Throws PrologueError. */
  push(bytes: Uint8Array): Buffer[] {
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#bytes, bytes])
    if (!this.#hasPrologue && !this.#readPrologue()) return []
    const frames: Buffer[] = []
    while (this.#bytes.length >= 3) {
      const end = 3 + this.#bytes.readUIntBE(0, 3)
      if (this.#bytes.length < end) break
      frames.push(this.#bytes.subarray(3, end))
      this.#bytes = this.#bytes.subarray(end)
    }
    return frames
  }

  #readPrologue(): boolean {
    if (this.#bytes.length < 4) return false
    let start = 0
    if (this.#bytes[0] === ROUTING_HEADER[0]) {
      if (!this.#bytes.subarray(0, 4).equals(ROUTING_HEADER)) throw new PrologueError('malformed routing header')
      if (this.#bytes.length < 7) return false
      start = 7 + this.#bytes.readUIntBE(4, 3)
    }
    if (this.#bytes.length < start + PROLOGUE.length) return false
    const prologue = this.#bytes.subarray(start, start + PROLOGUE.length)
    if (!prologue.equals(PROLOGUE))
      throw new PrologueError(`prologue is ${prologue.toString('hex')}, not ${PROLOGUE.toString('hex')}`)
    this.#bytes = this.#bytes.subarray(start + PROLOGUE.length)
    this.#hasPrologue = true
    return true
  }
}

export function encodeFrame(body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(3 + body.length)
  frame.writeUIntBE(body.length, 0, 3)
  frame.set(body, 3)
  return frame
}
