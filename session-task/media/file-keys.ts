/** What a file on WhatsApp's media host is encrypted with, derived from the message's key. */
export interface FileKeys {
  readonly cipherKey: Uint8Array
  readonly iv: Uint8Array
  readonly macKey: Uint8Array
}

export interface EncryptedFacts {
  readonly fileSha256: Uint8Array
  readonly fileEncSha256: Uint8Array
  readonly fileLength: number
}

export const CIPHER = 'aes-256-cbc'
/** Of an HMAC-SHA256 over IV and ciphertext, behind the ciphertext. */
export const MAC_BYTES = 10
/** What encryption adds at most: padding and the MAC. */
export const ENCRYPTION_OVERHEAD_BYTES: number = 16 + MAC_BYTES
