import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { AwsError, type AwsJsonService, unknownAction } from './aws-json.ts'
import type { JsonFile } from './json-file.ts'

interface State {
  /** key id → 32 bytes base64 */
  keys: Record<string, string>
}

const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * KMS with real AES-256-GCM and the encryption context as additional data: a wrong context does not decrypt. Any key id,
 * ARN or alias makes its key at first use. Blobs are self-describing: idLength(1) ‖ id ‖ iv ‖ tag ‖ ciphertext.
 */
export const makeKms = (file: JsonFile<State>): AwsJsonService => {
  const keyOf = (keyId: string): { id: string; key: Buffer } => {
    const id = keyId.replace(/^arn:[^/]*\//, '').replace(/^.*:alias\//, 'alias/')
    file.value.keys[id] ??= randomBytes(32).toString('base64')
    file.save()
    return { id, key: Buffer.from(file.value.keys[id], 'base64') }
  }
  const encrypt = (keyId: string, plaintext: Uint8Array, context: unknown): Buffer => {
    const { id, key } = keyOf(keyId)
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(contextBytes(context))
    const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
    return Buffer.concat([Uint8Array.of(id.length), Buffer.from(id), iv, cipher.getAuthTag(), body])
  }
  const decrypt = (blob: Buffer, context: unknown): { id: string; plaintext: Buffer } => {
    const id = blob.subarray(1, 1 + blob[0]!).toString()
    const key = file.value.keys[id]
    if (!key) throw new AwsError('InvalidCiphertextException', 'no key for this ciphertext')
    const rest = blob.subarray(1 + blob[0]!)
    try {
      const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key, 'base64'), rest.subarray(0, IV_BYTES))
      decipher.setAAD(contextBytes(context)).setAuthTag(rest.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      return { id, plaintext: Buffer.concat([decipher.update(rest.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]) }
    } catch (error) {
      throw new AwsError('InvalidCiphertextException', `the ciphertext or its context is wrong (${String(error)})`)
    }
  }
  return {
    targetPrefix: 'TrentService',
    handle: async (action, input) => {
      switch (action) {
        case 'CreateKey': {
          const { id } = keyOf(input.KeyId ?? randomBytes(16).toString('hex'))
          return { KeyMetadata: { KeyId: id, Arn: arnOf(id), Enabled: true } }
        }
        case 'DescribeKey':
          return { KeyMetadata: { KeyId: input.KeyId, Arn: arnOf(input.KeyId), Enabled: true } }
        case 'GenerateDataKey':
        case 'GenerateDataKeyWithoutPlaintext': {
          const plaintext = randomBytes(input.NumberOfBytes ?? 32)
          const blob = encrypt(input.KeyId, plaintext, input.EncryptionContext).toString('base64')
          const answer = { KeyId: input.KeyId, CiphertextBlob: blob }
          return action === 'GenerateDataKey' ? { ...answer, Plaintext: plaintext.toString('base64') } : answer
        }
        case 'Encrypt':
          return {
            KeyId: input.KeyId,
            CiphertextBlob: encrypt(
              input.KeyId,
              Buffer.from(input.Plaintext, 'base64'),
              input.EncryptionContext,
            ).toString('base64'),
          }
        case 'Decrypt': {
          const { id, plaintext } = decrypt(Buffer.from(input.CiphertextBlob, 'base64'), input.EncryptionContext)
          return { KeyId: arnOf(id), Plaintext: plaintext.toString('base64') }
        }
        default:
          return unknownAction('KMS', action)
      }
    },
  }
}

const arnOf = (id: string): string => `arn:aws:kms:us-east-1:000000000000:key/${id}`

/** Order of the context's entries does not matter, like in KMS. */
const contextBytes = (context: unknown): Buffer =>
  Buffer.from(JSON.stringify(Object.entries((context ?? {}) as Record<string, string>).sort()))
