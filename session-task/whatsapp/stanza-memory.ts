import type { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'

/**
 * From the ciphertext back to its stanza. The repository is handed the very buffer of the `<enc>` node, so the buffer
 * itself is the key; the map forgets a stanza when nobody holds it any more.
 */
export interface StanzaMemory {
  of(ciphertext: Uint8Array): BinaryNode | undefined
}

/** @param frames the library's frame emitter; our listener runs before its own */
export const rememberStanzas = (frames: EventEmitter): StanzaMemory => {
  const stanzas = new WeakMap<Uint8Array, BinaryNode>()
  frames.prependListener('CB:message', (stanza: BinaryNode) => {
    if (!Array.isArray(stanza.content)) return
    for (const child of stanza.content) {
      if (child.tag === 'enc' && child.content instanceof Uint8Array) stanzas.set(child.content, stanza)
    }
  })
  return { of: (ciphertext) => stanzas.get(ciphertext) }
}
