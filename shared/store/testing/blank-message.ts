/** What a message row says of a message with which nothing has happened yet. */
export const BLANK_MESSAGE = {
  metadata: {},
  requestHash: null,
  failure: null,
  expiresAt: null,
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  receivedAt: null,
  delayedUntil: null,
  retry: 'standard',
  epoch: 0,
  claimToken: null,
  attempts: 0,
  openKey: null,
} as const
