/** What META says of a session with which nothing has happened yet. */
export const BLANK_SESSION = {
  metadata: {},
  status: 'created',
  reason: null,
  phone: null,
  lid: null,
  pushName: null,
  connectedAt: null,
  loggedOutAt: null,
  link: null,
  stateEpoch: 0,
} as const
