import type { LimitName } from './plans.ts'

/**
 * The closed list of error codes of the HTTPS API. `title` is public and constant; `status` is the HTTP status;
 * `retryable` says whether the same request can succeed later without a change.
 */
export const FAULTS = {
  validation_failed: { status: 400, title: 'The request is not valid', retryable: false },
  malformed_json: { status: 400, title: 'The body is not valid JSON', retryable: false },
  invalid_cursor: { status: 400, title: 'The cursor is not valid here', retryable: false },
  use_session_cursors: { status: 400, title: 'Too many sessions for one cursor', retryable: false },
  unauthorized: { status: 401, title: 'The API key is missing or not valid', retryable: false },
  forbidden: { status: 403, title: 'The API key may not do this', retryable: false },
  wrong_mode: { status: 403, title: 'This operation needs a test key', retryable: false },
  tenant_suspended: { status: 403, title: 'The tenant is suspended', retryable: false },
  not_group_member: { status: 403, title: 'The account is not in this group', retryable: false },
  not_group_admin: { status: 403, title: 'The account is no admin of this group', retryable: false },
  not_found: { status: 404, title: 'Not found', retryable: false },
  method_not_allowed: { status: 405, title: 'Method not allowed', retryable: false },
  not_acceptable: { status: 406, title: 'None of the accepted content types is available', retryable: false },
  session_not_linked: { status: 409, title: 'The session is not linked to a phone', retryable: false },
  session_already_linked: { status: 409, title: 'The session is already linked', retryable: false },
  session_deleted: { status: 409, title: 'The session is being deleted', retryable: false },
  session_state_conflict: { status: 409, title: 'The session is not in a state that allows this', retryable: false },
  tenant_deleted: { status: 409, title: 'The tenant is being deleted', retryable: false },
  key_not_active: { status: 409, title: 'The API key is revoked or expired', retryable: false },
  message_already_sent: { status: 409, title: 'The message can no longer be canceled', retryable: false },
  message_not_editable: { status: 409, title: 'The message cannot be edited', retryable: false },
  message_not_deletable: { status: 409, title: 'The message cannot be deleted for everyone', retryable: false },
  message_not_forwardable: { status: 409, title: 'The message cannot be forwarded', retryable: false },
  edit_window_closed: { status: 409, title: 'The time to edit the message is over', retryable: false },
  media_not_ready: { status: 409, title: 'The file is not there yet', retryable: true },
  media_expired: { status: 410, title: 'The file is not kept any more', retryable: false },
  message_not_received: { status: 409, title: 'Only received messages can be marked as read', retryable: false },
  read_receipts_off: { status: 409, title: 'The session sends no read receipts', retryable: false },
  endpoint_not_active: { status: 409, title: 'The webhook endpoint is not active', retryable: false },
  conflict: { status: 409, title: 'Somebody changed this at the same moment', retryable: true },
  payload_too_large: { status: 413, title: 'The body is too large', retryable: false },
  media_too_large: { status: 413, title: 'The file is too large', retryable: false },
  unsupported_media_type: { status: 415, title: 'The body must be JSON', retryable: false },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used with another request', retryable: false },
  message_not_found: { status: 422, title: 'The message that is meant does not exist', retryable: false },
  media_not_found: { status: 422, title: 'The file that is meant does not exist', retryable: false },
  media_empty: { status: 422, title: 'The file is empty', retryable: false },
  media_type_mismatch: { status: 422, title: 'The file is not of a type that is allowed here', retryable: false },
  sticker_size_wrong: { status: 422, title: 'A sticker has 512 × 512 pixels', retryable: false },
  media_url_refused: { status: 422, title: 'The address of the file is not allowed', retryable: false },
  media_fetch_failed: { status: 422, title: 'The file could not be fetched', retryable: true },
  invalid_invite: { status: 422, title: 'The invite leads to no group', retryable: false },
  recipient_not_on_whatsapp: { status: 422, title: 'The person is not on WhatsApp', retryable: false },
  whatsapp_rejected: { status: 422, title: 'WhatsApp refused this', retryable: false },
  whatsapp_rate_limited: {
    status: 429,
    title: 'WhatsApp takes no more questions from this number now',
    retryable: true,
  },
  rate_limited: { status: 429, title: 'Too many requests', retryable: true },
  quota_exceeded: { status: 429, title: 'A quota of the tenant is used up', retryable: true },
  internal_error: { status: 500, title: 'Something went wrong on our side', retryable: true },
  simulator_control_unavailable: { status: 501, title: 'The test server has no control API', retryable: false },
  outcome_unknown: { status: 502, title: 'WhatsApp never confirmed it', retryable: false },
  simulator_refused: { status: 502, title: 'The simulated WhatsApp refused this', retryable: false },
  live_mode_disabled: { status: 503, title: 'Live mode is switched off in this deployment', retryable: false },
  simulator_unreachable: { status: 503, title: 'The simulated WhatsApp does not answer', retryable: true },
  operation_expired: { status: 503, title: 'The session did not carry it out in time', retryable: true },
  unavailable: { status: 503, title: 'Temporarily unavailable', retryable: true },
  whatsapp_timeout: { status: 504, title: 'WhatsApp did not answer', retryable: true },
  timeout: { status: 504, title: 'The request took too long', retryable: true },
} as const

export type FaultCode = keyof typeof FAULTS

export interface FaultDetails {
  /** Public text: what happened to this request and what to do next. */
  readonly detail: string
  /** Name of the offending parameter, if there is one. */
  readonly param?: string
  /** Per-field problems of `validation_failed`. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
  /** Seconds for the Retry-After header (429, 503). */
  readonly retryAfterSeconds?: number
  /** The limit that was reached: limit.reached tells the tenant. */
  readonly limit?: { readonly name: LimitName; readonly maximum: number; readonly keyId?: string }
  /** Internal text for the log; never leaves the process in an answer. */
  readonly internal?: string
}

/** An error with a stable code and a public text. Everything else that is thrown becomes `internal_error`. */
export class Fault extends Error {
  readonly code: FaultCode
  readonly details: FaultDetails

  constructor(code: FaultCode, details: FaultDetails, options?: ErrorOptions) {
    super(`${code}: ${details.internal ?? details.detail}`, options)
    this.name = 'Fault'
    this.code = code
    this.details = details
  }

  get status(): number {
    return FAULTS[this.code].status
  }
}
