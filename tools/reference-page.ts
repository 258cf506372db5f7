import { EVENT_TYPES } from '../shared/contract/event-types.ts'
import type { JsonSchema } from '../shared/contract/json-schema.ts'
import type { Operation } from '../shared/contract/operation.ts'
import { operations } from '../shared/contract/operations.ts'
import { FAULTS, type FaultCode } from '../shared/core/fault.ts'
import { exampleOf, nameOf } from './example-of.ts'
import { bounds, escapeHtml, makeFieldRows, prose, typeText } from './reference-fields.ts'
import { REFERENCE_STYLE } from './reference-style.ts'

interface Described {
  readonly operationId: string
  readonly security?: readonly object[]
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly parameters?: readonly {
    name: string
    in: string
    required?: boolean
    description?: string
    schema: JsonSchema
  }[]
  readonly requestBody?: { required: boolean; content: { 'application/json': { schema: JsonSchema } } }
  readonly responses: Readonly<
    Record<
      string,
      { description: string; content?: Record<string, { schema: JsonSchema; examples?: Record<string, unknown> }> }
    >
  >
}
export interface Document {
  readonly info: { readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}

/** docs/api/index.html of an OpenAPI document of ours. */
export const makeReferencePage = (document: Document): string => {
  const { schemas } = document.components
  const fieldRows = makeFieldRows(schemas)

  const operation = (path: string, method: string, described: Described): string => {
    const parameters = described.parameters ?? []
    const body = described.requestBody?.content['application/json'].schema
    const successes = Object.entries(described.responses).filter(([status]) => Number(status) < 400)
    const errors = Object.entries(described.responses).filter(([status]) => Number(status) >= 400)
    const query = parameters.length
      ? `<h4>Parameters</h4><table>${parameters
          .map(
            ({ name, in: where, required, description, schema }) =>
              `<tr><td><code>${escapeHtml(name)}</code>${required ? ' <span class="required">required</span>' : ''}</td><td>${typeText(schema)} <span class="badge">${where}</span></td><td>${prose(description ?? schema.description ?? '')}${bounds(schema)}</td></tr>`,
          )
          .join('')}</table>`
      : ''
    const bodyTable = body && fieldRows(body) ? `<h4>Body</h4><table>${fieldRows(body)}</table>` : ''
    return `<section class="operation" id="${described.operationId}">
<h3>${prose(described.summary)}</h3>
<div class="route"><span class="method ${method.toUpperCase()}">${method.toUpperCase()}</span><code>${escapeHtml(path)}</code></div>
${described.description ? `<p>${prose(described.description)}</p>` : ''}
${query}${bodyTable}
<h4>Example</h4>
<pre>${escapeHtml(curlOf(path, method, described, body ? exampleOf(schemas, body, 'request') : undefined))}</pre>
${successes.map(([status, response]) => success(status, response)).join('\n')}
<details><summary>Errors</summary><table>${errors.map(([status, response]) => `<tr><td>${status}</td><td>${errorLinks(response)}</td></tr>`).join('')}</table></details>
</section>`
  }

  const success = (status: string, response: Described['responses'][string]): string => {
    const schema = response.content?.['application/json']?.schema
    const others = Object.keys(response.content ?? {}).filter((type) => type !== 'application/json')
    const also = others.length
      ? ` <span class="soft">also ${others.map((type) => `<code>${type}</code>`).join(', ')}</span>`
      : ''
    const named = schema?.$ref ? ` <a href="#schema-${nameOf(schema.$ref)}">${nameOf(schema.$ref)}</a>` : ''
    const shown = schema
      ? `<pre>${escapeHtml(JSON.stringify(exampleOf(schemas, schema, 'answer'), null, 2))}</pre>`
      : ''
    return `<details${Number(status) < 300 && schema ? ' open' : ''}><summary><strong>${status}</strong> ${escapeHtml(response.description)}${named}${also}</summary>${shown}</details>`
  }

  const byTag = Map.groupBy(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, described]) => ({ path, method, described })),
    ),
    ({ described }) => described.tags[0]!,
  )
  const navigation = [...byTag]
    .map(
      ([tag, members]) =>
        `<h2>${tag}</h2>${members.map(({ described }) => `<a href="#${described.operationId}" title="${escapeHtml(described.summary)}">${escapeHtml(described.operationId)}</a>`).join('')}`,
    )
    .join('')
  const sections = [...byTag]
    .map(
      ([tag, members]) =>
        `<h2 class="tag" id="tag-${tag.replaceAll(' ', '-')}">${tag}</h2>${members.map(({ path, method, described }) => operation(path, method, described)).join('\n')}`,
    )
    .join('\n')
  const objects = Object.entries(schemas)
    .map(
      ([name, schema]) =>
        `<section class="operation" id="schema-${name}"><h3>${name}</h3>${schema.description ? `<p>${prose(schema.description)}</p>` : ''}<table>${fieldRows(schema)}</table></section>`,
    )
    .join('\n')
  const errors = (Object.keys(FAULTS) as FaultCode[])
    .map(
      (code) =>
        `<tr id="error-${code}"><td><code>${code}</code></td><td>${FAULTS[code].status}</td><td>${escapeHtml(FAULTS[code].title)}${FAULTS[code].retryable ? ' <span class="badge">retryable</span>' : ''}</td></tr>`,
    )
    .join('')
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>Fleetline API ${escapeHtml(document.info.version)}</title><style>${REFERENCE_STYLE}</style></head>
<body>
<nav aria-label="Operations"><h1>Fleetline API</h1><span class="soft">version ${escapeHtml(document.info.version)}</span>
<h2>Start</h2><a href="#conventions">Conventions</a><a href="#events">Event types</a><a href="#errors">Errors</a><a href="#objects">Objects</a>${navigation}</nav>
<main>
<h1 id="conventions">Fleetline API</h1>
<p>JSON over HTTPS. Send <code>Authorization: Bearer flk_…</code> (or <code>X-Api-Key</code>). A <code>flk_test_</code> key works on simulated WhatsApp only, a <code>flk_live_</code> key on the real one only. Creating POSTs take an <code>Idempotency-Key</code>. Lists answer <code>{data, nextCursor, hasMore}</code>. Errors are <code>application/problem+json</code> with a <code>code</code> of the closed list below. Every answer has <code>X-Request-Id</code>, and <code>RateLimit-*</code> for tenant keys.</p>
${sections}
<h2 class="tag" id="events">Event types</h2><p>${EVENT_TYPES.map((type) => `<code>${type}</code>`).join(' · ')}</p>
<h2 class="tag" id="errors">Errors</h2><table><tr><th>code</th><th>status</th><th>meaning</th></tr>${errors}</table>
<h2 class="tag" id="objects">Objects</h2>${objects}
</main>
</body>
</html>
`
}

const errorLinks = (response: Described['responses'][string]): string =>
  Object.keys(response.content?.['application/problem+json']?.examples ?? {})
    .map((code) => `<a href="#error-${code}"><code>${code}</code></a>`)
    .join(' ')

/** With the variables of docs/api/README.md; ids are variables too. */
const curlOf = (path: string, method: string, described: Described, body: unknown): string => {
  const verb = method === 'get' ? '' : ` -X ${method.toUpperCase()}`
  const variable = (name: string) => `$${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
  const shown = path.replace(/\{(\w+)\}/g, (_, name: string) => variable(name))
  const needed = (described.parameters ?? [])
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(schema.example ?? schema.default ?? ''))}`)
  const query = needed.length ? `?${needed.join('&')}` : ''
  const key = described.security?.length === 0 ? '' : ` -H "Authorization: Bearer $${keyOf(described)}"`
  const repeatable = (described.parameters ?? []).some(({ name }) => name === 'Idempotency-Key')
  const parts = [
    `curl -sS${verb} "$API${shown}${query}"${key}`,
    ...(repeatable ? ['  -H "Idempotency-Key: $(uuidgen)"'] : []),
    ...(body === undefined || body === null || (Object.keys(body).length === 0 && !described.requestBody?.required)
      ? []
      : [`  -H 'Content-Type: application/json' -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`]),
  ]
  return parts.join(' \\\n')
}

const keyOf = ({ operationId }: Described): string =>
  (operations as Record<string, Operation>)[operationId]?.auth === 'admin' ? 'ADMIN_KEY' : 'KEY'
