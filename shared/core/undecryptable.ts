/** Why an inbound message has no content. */
export const UNDECRYPTABLE_REASONS = [
  /** the sender uses a session that we do not have */
  'no_session',
  'no_sender_key',
  'no_pre_key',
  /** the key of this message was used before: it was delivered twice, or changed */
  'key_used',
  'bad_mac',
  /** WhatsApp delivered the message without content for this device */
  'absent',
  'unsupported',
  'other',
  /** it was decrypted, and its row could not be written for good: its bytes are kept for an operator */
  'unprocessable',
] as const
export type UndecryptableReason = (typeof UNDECRYPTABLE_REASONS)[number]
