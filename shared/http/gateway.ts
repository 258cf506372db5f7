/** The parts of API Gateway's REST proxy event (payload version 1.0) that we read. */
export interface ProxyEvent {
  readonly httpMethod: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>> | null
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[] | undefined>> | null
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null
  readonly body: string | null
  readonly isBase64Encoded: boolean
  readonly requestContext: {
    readonly requestId?: string
    /** the path as the caller wrote it, with the stage or base path; only where the gateway says it */
    readonly path?: string
    readonly identity?: { readonly sourceIp?: string | null }
  }
}

export interface ProxyResult {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: string
  readonly isBase64Encoded: boolean
}
