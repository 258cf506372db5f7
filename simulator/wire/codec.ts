/**
 * The only door to Baileys' generated protobufs and binary-node codec. Deep imports on purpose: the package's main entry
 * would load the whole client (240 ms, 50 MB) into the server.
 */

export { decodeBinaryNode, encodeBinaryNode } from '@whiskeysockets/baileys/lib/WABinary/index.js'
export { proto } from '@whiskeysockets/baileys/WAProto/index.js'

/** One stanza. Attribute values are always strings on the wire. */
export type Stanza = {
  tag: string
  attrs: Record<string, string>
  content?: Stanza[] | string | Uint8Array
}
