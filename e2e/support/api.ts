export interface Answer<T = any> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
}

export class ApiError extends Error {
  readonly answer: Answer
  constructor(method: string, path: string, answer: Answer) {
    super(`${method} ${path} → ${answer.status} ${answer.body?.code ?? ''} ${answer.body?.detail ?? ''}`)
    this.answer = answer
  }
}

/** A client with nothing but fetch: what a tenant's curl sees. */
export const makeApi = (baseUrl: string, key: string | null) => {
  const raw = async <T = any>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> => {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    })
    const type = response.headers.get('content-type') ?? ''
    // API Gateway calls an empty 204 JSON all the same.
    const isJson = response.status !== 204 && type.includes('json')
    const content = isJson ? await response.json() : Buffer.from(await response.arrayBuffer())
    return { status: response.status, headers: response.headers, body: content as T }
  }
  const call = async <T = any>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<T> => {
    const answer = await raw<T>(method, path, body, headers)
    if (answer.status >= 400) throw new ApiError(method, path, answer)
    return answer.body
  }
  return {
    raw,
    get: <T = any>(path: string, headers?: Record<string, string>) => call<T>('GET', path, undefined, headers),
    post: <T = any>(path: string, body: unknown = {}, headers?: Record<string, string>) =>
      call<T>('POST', path, body, headers),
    delete: <T = any>(path: string) => call<T>('DELETE', path),
  }
}

export type Api = ReturnType<typeof makeApi>
