/** Why a message ends that nobody will send, whoever ends it: a worker, or the sweeper in its place. */
export const END_FAILURES = {
  expired: { code: 'expired', message: 'The message was not sent before it expired.', retryable: true },
  expiredInFlight: {
    code: 'expired',
    message: 'It was handed to WhatsApp and expired without a confirmation.',
    retryable: false,
  },
  deleted: {
    code: 'session_deleted',
    message: 'The session was deleted before the message was sent.',
    retryable: false,
  },
  unlinkedInFlight: {
    code: 'session_logged_out',
    message: 'It was handed to WhatsApp, and the phone was unlinked before a confirmation.',
    retryable: false,
  },
} as const
