import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { maskProxyUrl, problemOfTenantProxyUrl } from '../../shared/egress/url-rules.ts'
import { validationFault } from '../../shared/http/validate.ts'
import { sessionProxyPlace } from '../../shared/store/places.ts'
import type { SessionRow } from '../../shared/store/rows/session.ts'
import type { ControlServices } from './services.ts'

type Services = Pick<ControlServices, 'tenantKeys' | 'egressRules'>

/** What can be said before connecting; the worker's guard checks every address again. @throws Fault validation_failed */
export const requireProxy = (proxy: { url: string } | null | undefined, { egressRules }: Services): void => {
  const problem = proxy ? problemOfTenantProxyUrl(proxy.url, egressRules) : null
  if (problem) throw validationFault([{ path: 'proxy.url', message: problem }])
}

/** @param url judged by requireProxy */
export const sealProxy = async (
  url: string,
  { scope, sessionId, tenantKeys }: { scope: TenantScope; sessionId: string } & Pick<Services, 'tenantKeys'>,
): Promise<NonNullable<SessionRow['proxy']>> => ({
  sealed: await tenantKeys.seal(scope, sessionProxyPlace(sessionId), new URL(url).href),
  shown: maskProxyUrl(url),
})

/**
 * The change of the row that a wanted proxy means. A proxy that it has already is none: sealed again it would look like
 * another one, and the session would reconnect for nothing.
 */
export const proxyChange = async (
  wanted: { url: string } | null | undefined,
  current: SessionRow,
  { scope, tenantKeys }: { scope: TenantScope } & Pick<Services, 'tenantKeys'>,
): Promise<Pick<SessionRow, 'proxy'>> => {
  const standing = current.proxy ?? null
  if (wanted === undefined || (wanted === null && standing === null)) return {}
  if (wanted === null) return { proxy: null }
  if (standing) {
    const url = await tenantKeys.open(scope, sessionProxyPlace(current.id), standing.sealed)
    if (url === new URL(wanted.url).href) return {}
  }
  return { proxy: await sealProxy(wanted.url, { scope, sessionId: current.id, tenantKeys }) }
}
