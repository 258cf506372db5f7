import type { Operation } from '../operation.ts'

const MADE = 'it makes something: nothing stood there'
const REASONS: Readonly<Record<string, string>> = {
  createSession: MADE,
  createKey: MADE,
  createMedia: MADE,
  createTenant: MADE,
  createTenantKey: MADE,
  createWebhookEndpoint: MADE,
  createWebhookReplay: MADE,
  createStreamTicket: MADE,
  startRollout: MADE,
  testWebhookEndpoint: 'it changes nothing',
  expungeEvent: 'a digest would outlive the content that is to be gone',
}

/** Why the audit entry of a change has no digest of what stood before it; null: it must have one. */
export const whyNothingBefore = (name: string, operation: Operation): string | null => {
  if (['groups', 'profile'].includes(operation.tag)) return 'it stands at WhatsApp: the worker sees it, not the API'
  return REASONS[name] ?? null
}
