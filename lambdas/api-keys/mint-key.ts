import { presentKey } from '../../shared/contract/present.ts'
import { hashApiKey, makeApiKey, startOfKey } from '../../shared/core/api-key.ts'
import { isId, newId } from '../../shared/core/ids.ts'
import type { Mode } from '../../shared/core/tenant-scope.ts'
import { TenantScope } from '../../shared/core/tenant-scope.ts'
import { createOnce } from '../../shared/http/create-once.ts'
import type { AdminContext, TenantContext } from '../../shared/http/handler.ts'
import { isRange } from '../../shared/http/ip-ranges.ts'
import { pepperVersionOf } from '../../shared/http/platform-secret.ts'
import { type FieldProblem, validationFault } from '../../shared/http/validate.ts'
import { type ApiKeyRow, ApiKeys } from '../../shared/store/api-keys.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import type { KeyServices } from './services.ts'

export interface KeyRequest {
  readonly name: string
  readonly mode: Mode
  readonly scopes: readonly string[]
  readonly sessionId: string | null
  readonly ipAllow: readonly string[]
  /** ISO 8601 */
  readonly expiresAt: string | null
}

/** Checks what the schema cannot, makes the key and answers with its text, once. @throws Fault validation_failed */
export const mintKey = async (
  services: KeyServices,
  context: TenantContext | AdminContext,
  tenantId: string,
  request: KeyRequest,
) => {
  const { tables } = services
  const scope = TenantScope.fromVerified('principal', { tenantId, mode: request.mode })
  const { answer } = await createOnce(tables, context, { tenantId, ...request }, async () => {
    const problems = await problemsOf(services, scope, request, context.now)
    if (problems.length > 0) throw validationFault(problems)
    const key = makeApiKey(request.mode)
    const secret = await services.readSecret()
    const row: ApiKeyRow = {
      v: 1,
      tenantId,
      mode: request.mode,
      id: newId('key', context.now),
      name: request.name,
      hash: hashApiKey(secret.pepper, key),
      pepperVersion: pepperVersionOf(secret),
      start: startOfKey(key),
      scopes: [...new Set(request.scopes)],
      sessionId: request.sessionId,
      ipAllow: [...request.ipAllow],
      expiresAt: request.expiresAt === null ? null : Date.parse(request.expiresAt),
      revokedAt: null,
      createdAt: context.now,
      createdBy: context.principal.kind === 'tenant' ? context.principal.key.id : 'admin',
    }
    context.note({ createdKeyId: row.id })
    const presented = presentKey(row, null)
    return {
      legs: new ApiKeys(tables, scope).createLegs(row),
      body: { ...presented, key: key as string | null },
      storedBody: { ...presented, key: null },
      location: `/v1/keys/${row.id}`,
    }
  })
  return answer
}

const problemsOf = async (
  { tables }: KeyServices,
  scope: TenantScope,
  request: KeyRequest,
  now: number,
): Promise<FieldProblem[]> => {
  const problems: FieldProblem[] = []
  for (const [index, range] of request.ipAllow.entries())
    if (!isRange(range)) problems.push({ path: `ipAllow.${index}`, message: 'Not an IP address or CIDR range' })
  if (request.expiresAt !== null && Date.parse(request.expiresAt) <= now)
    problems.push({ path: 'expiresAt', message: 'Must be in the future' })
  if (request.sessionId !== null) {
    const session = isId('ses', request.sessionId) ? await new Sessions(tables, scope).get(request.sessionId) : null
    if (!session || session.deletedAt !== undefined)
      problems.push({ path: 'sessionId', message: `No ${request.mode} session with this id` })
  }
  return problems
}
