import { createSecretKey, type KeyObject } from 'node:crypto'
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '../aws/kms.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { tenantDataKeyKey } from '../store/keys.ts'
import type { Sealed } from '../store/rows/fields.ts'
import type { Table } from '../store/table.ts'
import { openBytes, sealBytes } from './seal.ts'

const CACHE_TTL_MS = 10 * 60_000
const CACHE_MAX_ENTRIES = 10_000

/** The tenant was deleted: nothing that was sealed for it opens again. */
export class KeyDestroyedError extends Error {
  constructor() {
    super('the data key of this tenant was destroyed')
    this.name = 'KeyDestroyedError'
  }
}

/**
 * One data key per tenant and mode, made by KMS with encryption context {tenantId, mode} and kept wrapped in the core
 * table: another tenant's row does not decrypt, whatever the code does. Destroying the row erases the tenant's content.
 */
export class TenantKeys {
  readonly #kms: KMSClient
  readonly #core: Table
  readonly #kmsKeyId: string
  readonly #cache = new Map<string, { key: Promise<KeyObject>; until: number }>()

  constructor(input: { kms: KMSClient; core: Table; kmsKeyId: string }) {
    this.#kms = input.kms
    this.#core = input.core
    this.#kmsKeyId = input.kmsKeyId
  }

  /** The plaintext data key (32 bytes), created at first use. @throws when it was destroyed or KMS refuses */
  async dataKey(scope: TenantScope): Promise<KeyObject> {
    const cached = this.#cache.get(scope.prefix)
    if (cached && cached.until > Date.now()) return cached.key
    if (this.#cache.size >= CACHE_MAX_ENTRIES) this.#cache.clear()
    const key = this.#load(scope)
    this.#cache.set(scope.prefix, { key, until: Date.now() + CACHE_TTL_MS })
    key.catch(() => this.#cache.delete(scope.prefix))
    return key
  }

  /** @param place where the value lies, e.g. the partition key: a value moved elsewhere does not open */
  async seal(scope: TenantScope, place: string, value: unknown): Promise<Sealed> {
    return this.sealRaw(scope, place, Buffer.from(JSON.stringify(value)))
  }

  async open(scope: TenantScope, place: string, sealed: Sealed): Promise<unknown> {
    return JSON.parse((await this.openRaw(scope, place, sealed)).toString())
  }

  async sealRaw(scope: TenantScope, place: string, bytes: Uint8Array): Promise<Sealed> {
    return sealBytes(await this.dataKey(scope), bytes, `${scope.prefix}${place}`).toString('base64') as Sealed
  }

  async openRaw(scope: TenantScope, place: string, sealed: Sealed): Promise<Buffer> {
    return openBytes(await this.dataKey(scope), Buffer.from(sealed, 'base64'), `${scope.prefix}${place}`)
  }

  async #load(scope: TenantScope): Promise<KeyObject> {
    const row = await this.#core.get(tenantDataKeyKey(scope))
    if (row) return this.#unwrap(scope, row)
    const made = await this.#kms.send(
      new GenerateDataKeyCommand({ KeyId: this.#kmsKeyId, KeySpec: 'AES_256', EncryptionContext: contextOf(scope) }),
    )
    const put = await this.#core.put(
      { ...tenantDataKeyKey(scope), v: 1, wrapped: Buffer.from(made.CiphertextBlob!).toString('base64') },
      { expression: 'attribute_not_exists(pk)' },
    )
    return put.ok ? createSecretKey(made.Plaintext!) : this.#unwrap(scope, put.item!)
  }

  async #unwrap(scope: TenantScope, row: Record<string, unknown>): Promise<KeyObject> {
    if (row.destroyedAt) throw new KeyDestroyedError()
    const { Plaintext: plaintext } = await this.#kms.send(
      new DecryptCommand({
        KeyId: this.#kmsKeyId,
        CiphertextBlob: Buffer.from(String(row.wrapped), 'base64'),
        EncryptionContext: contextOf(scope),
      }),
    )
    return createSecretKey(plaintext!)
  }
}

const contextOf = (scope: TenantScope): Record<string, string> => ({ tenantId: scope.tenantId, mode: scope.mode })
