import { makeJpeg } from '../../core/testing/make-jpeg.ts'

export type Ids = Readonly<Record<string, string>>

/**
 * A valid body for every operation that needs one, by the ids of what the tests made: with it nothing but an id can be
 * the reason of a refusal (cross-tenant test), and every operation is known to succeed (fuzz test). Whoever adds an
 * operation with a body adds its sample here.
 */
export const sampleBodies: Readonly<Record<string, (ids: Ids) => unknown>> = {
  updateSession: () => ({ name: 'x' }),
  linkSession: () => ({ method: 'qr' }),
  createMessage: ({ sessionId }) => ({ sessionId, to: '+5511988887777', type: 'text', text: { body: 'x' } }),
  createMessageBatch: ({ sessionId }) => ({
    messages: [{ sessionId, to: '+5511988887777', type: 'text', text: { body: 'x' } }],
  }),
  editMessage: () => ({ text: { body: 'x' } }),
  reactToMessage: () => ({ emoji: '👍' }),
  forwardMessage: () => ({ to: '+5511977776666' }),
  markMessageRead: () => ({ upTo: true }),
  createKey: ({ sessionId }) => ({ name: 'x', scopes: ['messages:send'], sessionId }),
  createMedia: () => ({ mimetype: 'image/png', sizeBytes: 5 }),
  createSession: () => ({ name: 'x' }),
  createWebhookEndpoint: () => ({ url: 'https://example.com/hook' }),
  rotateKey: () => ({ overlapSeconds: 60 }),
  updateWebhookEndpoint: () => ({ description: 'x' }),
  createWebhookReplay: () => ({ since: '2026-01-01T00:00:00Z', select: 'failed' }),
  lookupContacts: () => ({ addresses: ['+5511988887777'] }),
  createGroup: () => ({ subject: 'x', participants: ['+5511988887777'] }),
  updateGroup: () => ({ subject: 'x' }),
  setGroupPicture: () => ({ imageBase64: makeJpeg(640, 640).toString('base64') }),
  changeGroupParticipants: () => ({ action: 'add', participants: ['+5511988887777'] }),
  decideGroupJoinRequests: () => ({ action: 'approve', participants: ['+5511988887777'] }),
  joinGroup: () => ({ invite: 'AbCdEfGhIjKl' }),
  sendPresence: () => ({ state: 'composing', chat: '+5511988887777' }),
  subscribePresence: () => ({ chat: '+5511988887777' }),
  updateProfile: () => ({ about: 'x' }),
  setProfilePicture: () => ({ imageBase64: makeJpeg(640, 640).toString('base64') }),
  testScan: () => ({ phone: '+5511900000001' }),
  testReceive: () => ({ from: '+5511988887777', text: 'x' }),
  testRead: ({ messageId }) => ({ contact: '+5511988887777', messageId }),
  // Of the platform: the cross-tenant test has no use for them.
  createTenant: () => ({ name: 'x' }),
  updateTenant: () => ({ name: 'x' }),
  createTenantKey: () => ({ name: 'x', mode: 'test', scopes: ['*'] }),
  moveSession: ({ ownTenantId }) => ({ tenantId: ownTenantId, mode: 'test' }),
  startRollout: () => ({ mode: 'live' }),
  setClientVersion: () => ({ version: '2.3000.1043857760' }),
}

/**
 * Operations that the fuzz test need not see succeed, with the reason. For a branch that lands an operation before its
 * state can be made here: write the reason, and who takes it out again. An entry that does succeed fails the test.
 */
export const NOT_REACHED: Readonly<Record<string, string>> = {}
