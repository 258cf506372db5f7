import type { ProxyResult } from './gateway.ts'
import type { Answer } from './handler.ts'

/** An answer as the gateway wants it. Answers are private to the key that asked: nothing caches them. */
export const toProxyResult = (answer: Answer, requestId: string): ProxyResult => {
  const headers = { 'X-Request-Id': requestId, 'Cache-Control': 'no-store', ...answer.headers }
  if (answer.raw) {
    const { content, contentType } = answer.raw
    const isText = typeof content === 'string'
    return {
      statusCode: answer.status,
      headers: { ...headers, 'Content-Type': contentType },
      body: isText ? content : Buffer.from(content).toString('base64'),
      isBase64Encoded: !isText,
    }
  }
  const empty = answer.body === null || answer.body === undefined
  return {
    statusCode: answer.status,
    headers: empty ? headers : { 'Content-Type': 'application/json', ...headers },
    body: empty ? '' : JSON.stringify(answer.body),
    isBase64Encoded: false,
  }
}
