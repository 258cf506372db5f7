import { MEDIA_RULES } from './content-limits.ts'

/** A file that a picture of a person or a group is made of. */
export const PICTURE_FILE: { readonly bytesMax: number; readonly mimetypes: readonly string[] } = {
  bytesMax: MEDIA_RULES.image.maximumBytes,
  mimetypes: MEDIA_RULES.image.mimetypes,
}
