import { fieldBeyond } from '../../../shared/core/api-key-rules.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { containsRange } from '../../../shared/http/ip-ranges.ts'
import { type KeyRequest, mintKey } from '../mint-key.ts'
import type { KeyServices } from '../services.ts'

/** A key can only make keys that are a subset of itself. */
export const createKey =
  (services: KeyServices): Handler<'createKey'> =>
  async ({ body }, context) => {
    const { key } = context.principal
    const request: KeyRequest = { ...body, mode: body.mode ?? key.mode }
    const grant = { ...request, expiresAt: request.expiresAt === null ? null : Date.parse(request.expiresAt) }
    const beyond = fieldBeyond(key, grant, containsRange)
    if (beyond)
      throw new Fault('forbidden', {
        detail: `A key can only make keys that may do at most what it may do itself: ${beyond} asks for more.`,
        param: beyond,
      })
    return mintKey(services, context, context.scope.tenantId, request)
  }
