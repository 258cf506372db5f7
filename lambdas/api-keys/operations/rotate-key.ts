import { presentKey } from '../../../shared/contract/present.ts'
import { hashApiKey, makeApiKey, startOfKey } from '../../../shared/core/api-key.ts'
import { fieldBeyond } from '../../../shared/core/api-key-rules.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { newId } from '../../../shared/core/ids.ts'
import { notFoundOf } from '../../../shared/http/authorize.ts'
import { createOnce } from '../../../shared/http/create-once.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { containsRange } from '../../../shared/http/ip-ranges.ts'
import { pepperVersionOf } from '../../../shared/http/platform-secret.ts'
import { type ApiKeyRow, ApiKeys } from '../../../shared/store/api-keys.ts'
import type { KeyServices } from '../services.ts'

/** A new key with the same rights; the old one ends after the overlap. Both in one transaction. */
export const rotateKey =
  (services: KeyServices): Handler<'rotateKey'> =>
  async ({ params, body }, context) => {
    const { scope, now } = context
    const keys = new ApiKeys(services.tables, scope)
    const { answer } = await createOnce(services.tables, context, { ...params, ...body }, async () => {
      const old = await keys.get(params.keyId)
      if (!old) throw notFoundOf(context.operation)
      if (old.revokedAt !== null || (old.expiresAt !== null && old.expiresAt <= now))
        throw new Fault('key_not_active', { detail: 'The key is revoked or expired: create a new one instead.' })
      // Otherwise a weak key could make itself the successor of a strong one.
      const beyond = fieldBeyond(context.principal.key, old, containsRange)
      if (beyond)
        throw new Fault('forbidden', {
          detail: `A key can only rotate keys that may do at most what it may do itself: ${beyond} asks for more.`,
          param: beyond,
        })
      const text = makeApiKey(old.mode)
      const secret = await services.readSecret()
      const row: ApiKeyRow = {
        ...old,
        id: newId('key', now),
        hash: hashApiKey(secret.pepper, text),
        pepperVersion: pepperVersionOf(secret),
        start: startOfKey(text),
        createdAt: now,
        createdBy: context.principal.key.id,
      }
      const presented = presentKey(row, null)
      context.note({ createdKeyId: row.id })
      context.audit({ before: presentKey(old, null) })
      const endsAt = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, now + body.overlapSeconds * 1000)
      return {
        legs: [...keys.createLegs(row), ...keys.expireLegs(old, endsAt)],
        body: { ...presented, key: text as string | null },
        storedBody: { ...presented, key: null },
        location: `/v1/keys/${row.id}`,
      }
    })
    return answer
  }
