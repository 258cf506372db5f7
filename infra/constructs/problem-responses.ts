import { GatewayResponse, type IRestApi, ResponseType } from 'aws-cdk-lib/aws-apigateway'
import { FAULTS, type FaultCode } from '../../shared/core/fault.ts'

/** What API Gateway itself refuses, before any handler runs. */
const GATEWAY_FAULTS: readonly {
  readonly type: ResponseType
  readonly code: FaultCode
  readonly detail: string
}[] = [
  { type: ResponseType.DEFAULT_5XX, code: 'unavailable', detail: 'The request was not handled; try again.' },
  { type: ResponseType.INTEGRATION_FAILURE, code: 'unavailable', detail: 'The request was not handled; try again.' },
  { type: ResponseType.INTEGRATION_TIMEOUT, code: 'timeout', detail: 'The answer took longer than 29 seconds.' },
  { type: ResponseType.REQUEST_TOO_LARGE, code: 'payload_too_large', detail: 'The body is larger than 10 MB.' },
  { type: ResponseType.THROTTLED, code: 'rate_limited', detail: 'Too many requests at once; wait a second.' },
  {
    type: ResponseType.WAF_FILTERED,
    code: 'forbidden',
    detail:
      'The firewall refused this: too many requests from one address, or the pattern of an attack in path or headers.',
  },
  { type: ResponseType.UNSUPPORTED_MEDIA_TYPE, code: 'unsupported_media_type', detail: 'Send application/json.' },
  {
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    code: 'method_not_allowed',
    detail: 'This path does not answer to this method.',
  },
  { type: ResponseType.DEFAULT_4XX, code: 'validation_failed', detail: 'The request cannot be read.' },
]

/** The gateway's own errors look like the handlers' errors: RFC 9457, same codes. */
export const addProblemResponses = (restApi: IRestApi, docsBaseUrl: string): void => {
  for (const { type, code, detail } of GATEWAY_FAULTS) {
    const { status, title, retryable } = FAULTS[code]
    const docUrl = `${docsBaseUrl}/errors#${code}`
    const isDefault = type === ResponseType.DEFAULT_4XX
    const problem = {
      type: docUrl,
      title,
      status: isDefault ? 400 : status,
      code,
      detail,
      requestId: '$context.requestId',
      retryable,
      docUrl,
    }
    new GatewayResponse(restApi, `Problem${type.responseType.replaceAll('_', '')}`, {
      restApi,
      type,
      statusCode: String(isDefault ? 400 : status),
      responseHeaders: {
        'Content-Type': "'application/problem+json'",
        'X-Request-Id': 'context.requestId',
        ...(retryable ? { 'Retry-After': "'1'" } : {}),
      },
      templates: { 'application/json': JSON.stringify(problem) },
    })
  }
}
