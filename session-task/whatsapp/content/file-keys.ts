import { getMediaKeys, type MediaType } from '@whiskeysockets/baileys'
import type { MediaKind } from '../../../shared/core/content-limits.ts'
import type { FileKeys } from '../../media/file-keys.ts'

/** WhatsApp derives keys by its own name of the kind, and has a path on its host for each: a voice note is audio there. */
export const mediaTypeOf = (kind: MediaKind): MediaType => (kind === 'voice' ? 'audio' : kind)

export const deriveFileKeys = async (mediaKey: Uint8Array, type: MediaType): Promise<FileKeys> => {
  const { cipherKey, iv, macKey } = await getMediaKeys(mediaKey, type)
  return { cipherKey, iv, macKey: macKey as Uint8Array }
}
