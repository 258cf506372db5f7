/** Every event type of version 2026-11-21. Ephemeral ones have no sequence and are opt-in for webhooks. */
export const EVENT_TYPES = [
  'session.created',
  'session.deleted',
  'session.qr',
  'session.linked',
  'session.connected',
  'session.disconnected',
  'session.restricted',
  'session.unrestricted',
  'session.loggedOut',
  'session.failed',
  'session.moved',
  'message.sent',
  'message.delivered',
  'message.read',
  'message.played',
  'message.failed',
  'message.unknown',
  'message.canceled',
  'message.received',
  'message.edited',
  'message.deleted',
  'message.reaction',
  'message.undecryptable',
  'media.stored',
  'media.unavailable',
  'chat.updated',
  'group.updated',
  'contact.merged',
  'call.received',
  'presence.updated',
  'poll.voted',
  'endpoint.failing',
  'endpoint.disabled',
  'endpoint.recovered',
  'delivery.exhausted',
  'limit.reached',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

const AREAS = new Set(EVENT_TYPES.map((type) => type.slice(0, type.indexOf('.'))))

/** May an endpoint subscribe to this? An exact type, `area.*`, or `*`. */
export const isEventPattern = (pattern: string): boolean =>
  pattern === '*' ||
  (EVENT_TYPES as readonly string[]).includes(pattern) ||
  (pattern.endsWith('.*') && AREAS.has(pattern.slice(0, -2)))
