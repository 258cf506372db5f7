import type * as z from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from 'zod-openapi'
import { problemSchema } from '../shared/contract/common.ts'
import type { Operation } from '../shared/contract/operation.ts'
import { faultsOf } from '../shared/contract/operation-faults.ts'
import { operations } from '../shared/contract/operations.ts'
import { FAULTS, type FaultCode } from '../shared/core/fault.ts'

const TITLES: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted: it happens now or soon',
  204: 'Done',
  304: 'Not changed since the ETag you sent',
}

const problemExample = (code: FaultCode) => {
  const { status, title, retryable } = FAULTS[code]
  return {
    value: {
      type: `https://fleetline.example.com/docs/errors/${code}`,
      title,
      status,
      code,
      detail: 'What happened to this request and what to do next.',
      requestId: 'req_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S',
      retryable,
      docUrl: `https://fleetline.example.com/docs/errors#${code}`,
    },
  }
}

const problemResponses = (operation: Operation): ZodOpenApiResponsesObject => {
  const codes = faultsOf(operation)
  const byStatus = Map.groupBy(codes, (code) => FAULTS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      String(status),
      {
        description: ofStatus.map((code) => `\`${code}\`: ${FAULTS[code].title}`).join('. '),
        content: {
          'application/problem+json': {
            schema: problemSchema,
            examples: Object.fromEntries(ofStatus.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
          },
        },
      },
    ]),
  )
}

const successResponses = (operation: Operation): ZodOpenApiResponsesObject =>
  Object.fromEntries(
    Object.entries(operation.responses).map(([status, schema]: [string, z.ZodType | null]) => [
      status,
      {
        description: TITLES[Number(status)] ?? 'OK',
        ...(schema
          ? {
              content: {
                'application/json': { schema },
                ...(status === '200'
                  ? Object.fromEntries(
                      (operation.produces ?? []).map((type) => [
                        type,
                        { schema: { type: 'string', format: 'binary' } },
                      ]),
                    )
                  : {}),
              },
            }
          : {}),
      },
    ]),
  ) as ZodOpenApiResponsesObject

const IDEMPOTENCY: Readonly<Record<Operation['idempotent'], string | null>> = {
  messageRow: 'The same key never makes two messages: a repeated request gets the message as it is now.',
  operationRow: 'The same key never makes two operations: a repeated request gets the answer of the first.',
  idempotencyRow: 'A repeated request gets the first answer for at least 24 hours; secrets are null in it.',
  answerRow: 'A repeated request gets the first answer for at least 24 hours.',
  natural: null,
  none: null,
}

const describeOperation = (name: string, operation: Operation): ZodOpenApiOperationObject => {
  const idempotency = IDEMPOTENCY[operation.idempotent]
  const scopes = operation.scopes.length ? `Scopes: ${operation.scopes.map((scope) => `\`${scope}\``).join(', ')}.` : ''
  const testOnly = operation.testModeOnly ? 'Test keys only.' : ''
  const description = [operation.description, scopes, testOnly].filter(Boolean).join(' ')
  return {
    operationId: name,
    tags: [operation.tag],
    summary: operation.summary,
    ...(description ? { description } : {}),
    security: operation.auth === 'none' ? [] : [{ bearer: [] }, { apiKey: [] }],
    ...(operation.params || operation.query
      ? {
          requestParams: {
            ...(operation.params ? { path: operation.params } : {}),
            ...(operation.query ? { query: operation.query } : {}),
          },
        }
      : {}),
    ...(idempotency
      ? {
          parameters: [
            {
              name: 'Idempotency-Key',
              in: 'header',
              required: false,
              description: idempotency,
              schema: { type: 'string', minLength: 1, maxLength: 255 },
            },
          ],
        }
      : {}),
    ...(operation.body
      ? {
          requestBody: {
            required: !operation.body.safeParse({}).success,
            content: { 'application/json': { schema: operation.body } },
          },
        }
      : {}),
    responses: { ...successResponses(operation), ...problemResponses(operation) },
  }
}

/** OpenAPI 3.1 of the whole contract. The same contract gives the same text, byte by byte. */
export const makeOpenApi = (version: string): object => {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const [name, operation] of Object.entries(operations as Record<string, Operation>)) {
    paths[operation.path] ??= {}
    paths[operation.path]![operation.method.toLowerCase()] = describeOperation(name, operation)
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Fleetline',
      version,
      description: 'WhatsApp Web session infrastructure: sessions, messages, events and webhooks over one HTTPS API.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'https://{host}', variables: { host: { default: 'localhost' } } }],
    paths,
    components: {
      examples: Object.fromEntries((Object.keys(FAULTS) as FaultCode[]).map((code) => [code, problemExample(code)])),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'flk_live_…, flk_test_… or flk_admin_…' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      },
    },
  })
}

/** One heading per error code: what docUrl points to. */
export const makeErrorPage = (): string => {
  const lines = Object.entries(FAULTS).flatMap(([code, { status, title, retryable }]) => [
    `## ${code}`,
    '',
    `HTTP ${status}. ${title}. ${retryable ? 'The same request can succeed later.' : 'The same request will fail again.'}`,
    '',
  ])
  return `# Errors\n\nEvery error is \`application/problem+json\` (RFC 9457) with these fields: \`type\`, \`title\`, \`status\`, \`code\`, \`detail\`, \`requestId\`, \`retryable\`, \`docUrl\`, and \`param\` or \`errors[{path, message}]\` where they help. This list is closed and generated from \`shared/core/fault.ts\`.\n\n${lines.join('\n')}`
}
