const TIMEOUT_MS = 15_000

export class TenantApiError extends Error {
  readonly status: number
  constructor(method: string, path: string, status: number, code: string) {
    super(`${method} ${path} answers ${status} ${code}`)
    this.status = status
  }
}

/** The public API as every tenant sees it: the canary has no other way in. */
export interface TenantApi {
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field, as a tenant's program would
  call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, headers?: Record<string, string>): Promise<any>
}

export const makeTenantApi = (baseUrl: string, apiKey: string): TenantApi => ({
  call: async (method, path, body, headers = {}) => {
    const response = await fetch(`${baseUrl.replace(/\/$/, '')}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    const answer = response.headers.get('content-type')?.includes('json') && text ? JSON.parse(text) : null
    if (!response.ok) throw new TenantApiError(method, path, response.status, answer?.code ?? '')
    return answer
  },
})
