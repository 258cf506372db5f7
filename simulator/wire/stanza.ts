import type { Stanza } from './codec.ts'

/** Direct children, empty if the content is not a list. */
export function childrenOf(stanza: Stanza | undefined, tag?: string): Stanza[] {
  if (!stanza || !Array.isArray(stanza.content)) return []
  return tag === undefined ? stanza.content : stanza.content.filter((child) => child.tag === tag)
}

export function childOf(stanza: Stanza | undefined, tag: string): Stanza | undefined {
  return childrenOf(stanza, tag)[0]
}

/** Binary content of the named child. A short ASCII value may have travelled as a packed string: bytes again here. */
export function bytesOf(stanza: Stanza | undefined, tag: string): Buffer | undefined {
  return contentBytes(childOf(stanza, tag))
}

export function contentBytes(stanza: Stanza | undefined): Buffer | undefined {
  const content = stanza?.content
  if (content === undefined || Array.isArray(content)) return undefined
  return typeof content === 'string' ? Buffer.from(content) : asBuffer(content)
}

/** Big-endian unsigned integer of `length` bytes. */
export function bigEndian(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  bytes.writeUIntBE(value, 0, length)
  return bytes
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function element(tag: string, attrs: Record<string, string> = {}, content?: Stanza['content']): Stanza {
  return content === undefined ? { tag, attrs } : { tag, attrs, content }
}

/** Unix time in seconds as stanzas carry it. */
export function seconds(): string {
  return String(Math.floor(Date.now() / 1000))
}
