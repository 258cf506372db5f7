import { LIMIT_NAMES, PLAN_NAMES, PLANS, PLATFORM_CEILINGS } from '../shared/core/plans.ts'
import { PRICE_TABLE } from '../shared/core/price-table.ts'

const number = (value: number): string => value.toLocaleString('en-US')

/** docs/api/limits.md: plans, ceilings and the price table of the estimate, from the code that applies them. */
export const makeLimitsPage = (): string => {
  const head = ['limit', ...PLAN_NAMES, 'platform ceiling']
  const rows = LIMIT_NAMES.map((name) => [
    `\`${name}\``,
    ...PLAN_NAMES.map((plan) => number(PLANS[plan][name])),
    number(PLATFORM_CEILINGS[name]),
  ])
  const table = (lines: readonly (readonly string[])[], columns: readonly string[]): string =>
    [columns, columns.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  const prices = Object.entries(PRICE_TABLE.perUnit).map(([unit, price]) => [`\`${unit}\``, String(price)])
  return `# Limits and prices

Generated from \`shared/core/plans.ts\` and \`shared/core/price-table.ts\` (\`npm run openapi\`).

Limits are per tenant and mode. A tenant has those of its plan; \`PATCH /v1/tenants/{tenantId}\` with \`limits\` replaces single
ones, never above the platform ceiling. A change holds within 30 seconds. \`GET /v1/limits\` shows what holds and what is used.

${table(rows, head)}

* **Rates.** A request takes a token from the bucket of its key and one from the bucket of its tenant. Functions take tokens in
  blocks (at most a twentieth of the burst, for two seconds), so that the shared row is not written per request. All together
  never pass more than burst + rate × time. Beyond it: 429 \`rate_limited\` with \`Retry-After\`.
* Every answer to a tenant key has \`RateLimit-Limit\`, \`RateLimit-Remaining\`, \`RateLimit-Reset\` (seconds until the bucket is
  full) and \`RateLimit-Policy\`, of the tighter bucket.
* **Quotas.** Beyond one: 429 \`quota_exceeded\`. \`sessions\` and \`webhookEndpoints\` are exact: they are counted in
  the transaction that makes one.
  \`messagesPerDay\` is a UTC day; functions take blocks of at most 100 messages, so that up to one block per function instance
  stays unused. A repeated request with the same Idempotency-Key costs nothing.
  \`mediaBytes\` is what is kept now: an upload takes its announced size before it starts, what never came gives it back.
* **limit.reached.** The event tells a tenant that a limit was reached: once per limit (for a key's rate: per key) and UTC hour
  (rates) or UTC day (quotas), with the limit and its window. Whichever function refused tells it.
* When the table of the buckets does not answer, requests pass and \`rate_limit_unchecked_count\` counts them.

## Usage

\`GET /v1/usage\` is what a tenant used, by UTC day or month, of all sessions or by session, as JSON or CSV. The platform sees the
same of a tenant with \`GET /v1/tenants/{tenantId}/usage\`, and a row per tenant and month with \`GET /v1/admin/usage\`, deleted
tenants too.

* Messages, connected time and media: folded from the event log, each event once, before its rows go because of their age or with
  their session. Expunged events count.
* API calls: every call that got an answer, refused ones too; counted in parallel with the request's own work, in the table
  before the answer goes. A call whose function died before the answer may be counted.
* Webhook attempts: every POST, tests of an endpoint too, by the day of the POST; in the table before it leaves. Deleted endpoints
  and ledgers that are older than the plan keeps them change nothing.
* A count that the table refused is written with the next one of the same environment (\`usage_write_failed_count\`);
  when that environment ends before it, the log line has the whole count: \`node tools/write-lost-counts.ts <usage table>\` takes
  such lines (its input: what CloudWatch has of \`usage not written\`), as often as you like.
* A message that was canceled, or that ended when no log of its session could number the event, is counted in the transaction
  that ends it.

## The estimate of GET /v1/usage

Price table ${PRICE_TABLE.version}, ${PRICE_TABLE.currency} per unit. It estimates the variable part of what the operator pays AWS; it is no invoice.
A message counts when it is sent, failed, unknown, canceled or received.

${table(prices, ['unit', PRICE_TABLE.currency])}
`
}
