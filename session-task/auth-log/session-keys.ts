import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { Sealed } from '../../shared/store/rows/fields.ts'
import { CorruptLogError } from './envelope.ts'

/** Wraps the data keys of one session; what wraps them knows tenant, mode and session. */
export interface SessionKeyWrap {
  wrap(key: Uint8Array): Promise<string>
  unwrap(wrapped: string): Promise<Uint8Array>
}

/** Session keys under the tenant's data key: destroying that one erases every log of the tenant. */
export const tenantKeyWrap = (keys: TenantKeys, scope: TenantScope, sessionId: string): SessionKeyWrap => ({
  wrap: (key) => keys.sealRaw(scope, `session-log#${sessionId}`, key),
  unwrap: async (wrapped) => {
    // KMS or DynamoDB may be away: that says nothing about the key, and is thrown as it is.
    await keys.dataKey(scope)
    try {
      return await keys.openRaw(scope, `session-log#${sessionId}`, wrapped as Sealed)
    } catch (cause) {
      throw new CorruptLogError('wrong_key', `the tenant's key does not open a key of ${sessionId}`, { cause })
    }
  },
})

/** Keys of earlier epochs, unwrapped when a segment needs them. */
export class SessionKeyRing {
  readonly #wrap: SessionKeyWrap
  readonly #wrapped: Readonly<Record<string, string>>
  readonly #keys = new Map<number, Promise<Uint8Array>>()

  constructor(wrap: SessionKeyWrap, wrapped: Readonly<Record<string, string>>) {
    this.#wrap = wrap
    this.#wrapped = wrapped
  }

  /** @throws CorruptLogError when HEAD does not name the key; the wrap's own error when it cannot be unwrapped */
  keyOf(epoch: number): Promise<Uint8Array> {
    const known = this.#keys.get(epoch)
    if (known) return known
    const wrapped = this.#wrapped[String(epoch)]
    if (wrapped === undefined)
      return Promise.reject(new CorruptLogError('missing_key', `HEAD has no key of epoch ${epoch}`))
    const key = this.#wrap.unwrap(wrapped)
    this.#keys.set(epoch, key)
    return key
  }
}
