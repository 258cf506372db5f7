import type { FileKeys } from '../../media/file-keys.ts'

/** An encrypted file that was downloaded, and what opens it. */
export interface DownloadedFile {
  readonly keys: FileKeys
  /** of the file as it is; null: the message does not say it */
  readonly sha256: Uint8Array | null
}
