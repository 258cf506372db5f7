import { createHmac, timingSafeEqual } from 'node:crypto'
import { canonicalJson } from '../core/canonical-json.ts'
import { Fault } from '../core/fault.ts'

const TAG_BYTES = 16

/** What a cursor is good for: whose data, which operation, which filters. Any other use is refused. */
export interface CursorBinding {
  /** prefix of the tenant scope, or `admin` */
  readonly owner: string
  readonly operation: string
  readonly filters?: Readonly<Record<string, unknown>>
}

/** Opaque, signed positions in lists. The key is derived from the platform's pepper. */
export class Cursors {
  readonly #pepper: string

  constructor(pepper: string) {
    this.#pepper = pepper
  }

  sign(binding: CursorBinding, position: Uint8Array): string {
    return Buffer.concat([this.#tag(binding, position), position]).toString('base64url')
  }

  /** @throws Fault invalid_cursor */
  verify(binding: CursorBinding, cursor: string): Buffer {
    const bytes = Buffer.from(cursor, 'base64url')
    const position = bytes.subarray(TAG_BYTES)
    if (bytes.length > TAG_BYTES && timingSafeEqual(bytes.subarray(0, TAG_BYTES), this.#tag(binding, position)))
      return position
    throw new Fault('invalid_cursor', {
      detail: 'Use nextCursor exactly as it was returned, with the same key mode, path and filters.',
      param: 'cursor',
    })
  }

  signJson(binding: CursorBinding, position: unknown): string {
    return this.sign(binding, Buffer.from(JSON.stringify(position)))
  }

  verifyJson(binding: CursorBinding, cursor: string): unknown {
    return JSON.parse(this.verify(binding, cursor).toString())
  }

  #tag(binding: CursorBinding, position: Uint8Array): Buffer {
    const key = createHmac('sha256', this.#pepper).update('cursor v1').digest()
    return createHmac('sha256', key)
      .update(canonicalJson([binding.owner, binding.operation, binding.filters ?? {}]))
      .update(Uint8Array.of(0))
      .update(position)
      .digest()
      .subarray(0, TAG_BYTES)
  }
}
