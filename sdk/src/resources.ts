// Generated from shared/contract by `npm run openapi`. Do not edit.

import type * as types from './types.ts'
import { ListRequest } from './list-request.ts'
import type { RequestOptions, Send } from './send.ts'

export class Health {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Is the API up? */
  get(options: RequestOptions = {}): Promise<types.GetHealthAnswer> {
    return this.#send<types.GetHealthAnswer>({ method: 'GET', path: '/v1/health', retryable: true }, options)
  }
}

export class Tenants {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Create a tenant. */
  create(body: types.CreateTenantBody, options: RequestOptions = {}): Promise<types.CreateTenantAnswer> {
    return this.#send<types.CreateTenantAnswer>({ method: 'POST', path: '/v1/tenants', body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Get a tenant. */
  get(tenantId: string, options: RequestOptions = {}): Promise<types.GetTenantAnswer> {
    return this.#send<types.GetTenantAnswer>({ method: 'GET', path: `/v1/tenants/${encodeURIComponent(tenantId)}`, retryable: true }, options)
  }

  /** List tenants, newest first. */
  list(query: types.ListTenantsQuery = {}, options: RequestOptions = {}): ListRequest<types.ListTenantsAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListTenantsAnswer>({ method: 'GET', path: '/v1/tenants', query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }

  /** Change name, plan, limits or metadata (limits and metadata are replaced as a whole). New limits hold within 30 seconds. */
  update(tenantId: string, body: types.UpdateTenantBody = {}, options: RequestOptions = {}): Promise<types.UpdateTenantAnswer> {
    return this.#send<types.UpdateTenantAnswer>({ method: 'PATCH', path: `/v1/tenants/${encodeURIComponent(tenantId)}`, body, retryable: true }, options)
  }

  /** Refuse all keys of a tenant (403 tenant_suspended), within 30 seconds. Nothing can be asked or sent until the tenant is resumed. Its sessions are stopped within minutes: the devices stay linked, WhatsApp keeps what arrives meanwhile (for about two weeks); events and webhooks of what happened before still go out. */
  suspend(tenantId: string, body: types.SuspendTenantBody = {}, options: RequestOptions = {}): Promise<types.SuspendTenantAnswer> {
    return this.#send<types.SuspendTenantAnswer>({ method: 'POST', path: `/v1/tenants/${encodeURIComponent(tenantId)}/suspend`, body, retryable: true }, options)
  }

  /** End a suspension. Sessions that the suspension stopped start again by themselves within minutes, without a QR code. */
  resume(tenantId: string, body: types.ResumeTenantBody = {}, options: RequestOptions = {}): Promise<types.ResumeTenantAnswer> {
    return this.#send<types.ResumeTenantAnswer>({ method: 'POST', path: `/v1/tenants/${encodeURIComponent(tenantId)}/resume`, body, retryable: true }, options)
  }

  /** Delete a tenant: ends its sessions, then destroys its data keys. Keys are refused within 30 seconds. Sessions of both modes end; with logout=true (the default) their devices are unlinked. Then the data keys are destroyed and nothing of the content can be read again, by anybody; at the latest after an hour, also when a device could not be unlinked. The audit log stays. GET the tenant to see how far it is. */
  delete(tenantId: string, query: types.DeleteTenantQuery = {}, options: RequestOptions = {}): Promise<types.DeleteTenantAnswer> {
    return this.#send<types.DeleteTenantAnswer>({ method: 'DELETE', path: `/v1/tenants/${encodeURIComponent(tenantId)}`, query, retryable: true }, options)
  }

  /** The tenant of this key. Scopes: tenant:read. */
  me(options: RequestOptions = {}): Promise<types.GetOwnTenantAnswer> {
    return this.#send<types.GetOwnTenantAnswer>({ method: 'GET', path: '/v1/tenant', retryable: true }, options)
  }
}

export class Keys {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Create a key for a tenant. */
  createForTenant(tenantId: string, body: types.CreateTenantKeyBody, options: RequestOptions = {}): Promise<types.CreateTenantKeyAnswer> {
    return this.#send<types.CreateTenantKeyAnswer>({ method: 'POST', path: `/v1/tenants/${encodeURIComponent(tenantId)}/keys`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Create a key. The new key can do at most what the calling key can: mode, scopes, session, addresses, expiry. Scopes: keys:manage. */
  create(body: types.CreateKeyBody, options: RequestOptions = {}): Promise<types.CreateKeyAnswer> {
    return this.#send<types.CreateKeyAnswer>({ method: 'POST', path: '/v1/keys', body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** List the keys of this mode, newest first. Scopes: keys:manage. */
  list(query: types.ListKeysQuery = {}, options: RequestOptions = {}): ListRequest<types.ListKeysAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListKeysAnswer>({ method: 'GET', path: '/v1/keys', query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }

  /** Get a key (never its text). Scopes: keys:manage. */
  get(keyId: string, options: RequestOptions = {}): Promise<types.GetKeyAnswer> {
    return this.#send<types.GetKeyAnswer>({ method: 'GET', path: `/v1/keys/${encodeURIComponent(keyId)}`, retryable: true }, options)
  }

  /** Replace a key: a new one with the same rights, the old one ends after the overlap. The calling key must be able to do all that the rotated key can. Without an overlap the old key stops working everywhere within 30 seconds. Scopes: keys:manage. */
  rotate(keyId: string, body: types.RotateKeyBody = {}, options: RequestOptions = {}): Promise<types.RotateKeyAnswer> {
    return this.#send<types.RotateKeyAnswer>({ method: 'POST', path: `/v1/keys/${encodeURIComponent(keyId)}/rotate`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Revoke a key: it stops working everywhere within 30 seconds. Scopes: keys:manage. */
  revoke(keyId: string, options: RequestOptions = {}): Promise<types.RevokeKeyAnswer> {
    return this.#send<types.RevokeKeyAnswer>({ method: 'DELETE', path: `/v1/keys/${encodeURIComponent(keyId)}`, retryable: true }, options)
  }
}

export class Sessions {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Create a session (one linked device, one phone number). Scopes: sessions:manage. */
  create(body: types.CreateSessionBody, options: RequestOptions = {}): Promise<types.CreateSessionAnswer> {
    return this.#send<types.CreateSessionAnswer>({ method: 'POST', path: '/v1/sessions', body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Get a session. Scopes: sessions:read. */
  get(sessionId: string, options: RequestOptions = {}): Promise<types.GetSessionAnswer> {
    return this.#send<types.GetSessionAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}`, retryable: true }, options)
  }

  /** Why is the session down, and what helps? Scopes: sessions:read. */
  diagnose(sessionId: string, options: RequestOptions = {}): Promise<types.DiagnoseSessionAnswer> {
    return this.#send<types.DiagnoseSessionAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/diagnosis`, retryable: true }, options)
  }

  /** List sessions, newest first. Scopes: sessions:read. */
  list(query: types.ListSessionsQuery = {}, options: RequestOptions = {}): ListRequest<types.ListSessionsAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListSessionsAnswer>({ method: 'GET', path: '/v1/sessions', query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }

  /** Change name, metadata (replaced as a whole), pacing, read receipts, what comes in, proxy or what happens to calls. Scopes: sessions:manage. */
  update(sessionId: string, body: types.UpdateSessionBody = {}, options: RequestOptions = {}): Promise<types.UpdateSessionAnswer> {
    return this.#send<types.UpdateSessionAnswer>({ method: 'PATCH', path: `/v1/sessions/${encodeURIComponent(sessionId)}`, body, retryable: true }, options)
  }

  /** Ask for a QR or a pairing code to link a phone. Scopes: sessions:manage. */
  link(sessionId: string, body: types.LinkSessionBody, options: RequestOptions = {}): Promise<types.LinkSessionAnswer> {
    return this.#send<types.LinkSessionAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/link`, body, retryable: true }, options)
  }

  /** The pairing code or QR on show. Scopes: sessions:manage. */
  getLink(sessionId: string, options: RequestOptions = {}): Promise<types.GetLinkAnswer> {
    return this.#send<types.GetLinkAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/link`, retryable: true }, options)
  }

  /** The QR on show, as JSON, PNG or SVG (Accept). Not ready yet: 202 with Retry-After. A QR is replaced several times a minute; ETag names the one on show. Scopes: sessions:manage. */
  getQr(sessionId: string, options: RequestOptions = {}): Promise<types.GetQrAnswer> {
    return this.#send<types.GetQrAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/qr`, retryable: true }, options)
  }

  /** Connect a stopped session. Scopes: sessions:manage. */
  start(sessionId: string, body: types.StartSessionBody = {}, options: RequestOptions = {}): Promise<types.StartSessionAnswer> {
    return this.#send<types.StartSessionAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/start`, body, retryable: true }, options)
  }

  /** Disconnect; the phone stays linked, messages wait. Scopes: sessions:manage. */
  stop(sessionId: string, body: types.StopSessionBody = {}, options: RequestOptions = {}): Promise<types.StopSessionAnswer> {
    return this.#send<types.StopSessionAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/stop`, body, retryable: true }, options)
  }

  /** Connect anew; also leaves quarantine. Scopes: sessions:manage. */
  restart(sessionId: string, body: types.RestartSessionBody = {}, options: RequestOptions = {}): Promise<types.RestartSessionAnswer> {
    return this.#send<types.RestartSessionAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/restart`, body, retryable: true }, options)
  }

  /** Unlink the device from the phone. Scopes: sessions:manage. */
  logout(sessionId: string, body: types.LogoutSessionBody = {}, options: RequestOptions = {}): Promise<types.LogoutSessionAnswer> {
    return this.#send<types.LogoutSessionAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/logout`, body, retryable: true }, options)
  }

  /** Unlink and delete a session. Scopes: sessions:manage. */
  delete(sessionId: string, query: types.DeleteSessionQuery = {}, options: RequestOptions = {}): Promise<types.DeleteSessionAnswer> {
    return this.#send<types.DeleteSessionAnswer>({ method: 'DELETE', path: `/v1/sessions/${encodeURIComponent(sessionId)}`, query, retryable: true }, options)
  }
}

export class Messages {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Send a message. A 202 is a promise: the message ends sent, delivered or read, failed with a reason, or unknown. With an Idempotency-Key the same request never makes two messages. Scopes: messages:send. */
  create(body: types.CreateMessageBody, options: RequestOptions = {}): Promise<types.CreateMessageAnswer> {
    return this.#send<types.CreateMessageAnswer>({ method: 'POST', path: '/v1/messages', body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Get a message and its status. Scopes: messages:read. */
  get(messageId: string, options: RequestOptions = {}): Promise<types.GetMessageAnswer> {
    return this.#send<types.GetMessageAnswer>({ method: 'GET', path: `/v1/messages/${encodeURIComponent(messageId)}`, retryable: true }, options)
  }

  /** Search messages, newest first. By session, chat, status, direction and time, in any combination. A message is found within about a second after it was accepted or changed; what is shown of it is never older than that. `queued` and `sending` of a session are complete at any moment, and listed by the time they may leave, latest first. Scopes: messages:read. */
  list(query: types.ListMessagesQuery = {}, options: RequestOptions = {}): ListRequest<types.ListMessagesAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListMessagesAnswer>({ method: 'GET', path: '/v1/messages', query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }

  /** Cancel a message that nobody has started to send. While it is scheduled or queued. A worker may take it at the same moment: exactly one of the two wins. Tells `message.canceled`. Scopes: messages:send. */
  cancel(messageId: string, body: types.CancelMessageBody = {}, options: RequestOptions = {}): Promise<types.CancelMessageAnswer> {
    return this.#send<types.CancelMessageAnswer>({ method: 'POST', path: `/v1/messages/${encodeURIComponent(messageId)}/cancel`, body, retryable: true }, options)
  }

  /** Send up to 100 messages in one request. Every item stands for itself, as if it came by POST /v1/messages: one result per item, in order, whatever becomes of the others. Messages of one chat keep their order. With an Idempotency-Key each position never makes two messages: after a failure send the same batch again. Quotas count items. Scopes: messages:send. */
  createBatch(body: types.CreateMessageBatchBody, options: RequestOptions = {}): Promise<types.CreateMessageBatchAnswer> {
    return this.#send<types.CreateMessageBatchAnswer>({ method: 'POST', path: '/v1/messages/batch', body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Edit a text that the session sent. Short for POST /v1/messages with type `edit`, in every respect: what it answers is a message of its own, with its own id and end. Scopes: messages:send. */
  edit(messageId: string, body: types.EditMessageBody, options: RequestOptions = {}): Promise<types.EditMessageAnswer> {
    return this.#send<types.EditMessageAnswer>({ method: 'PATCH', path: `/v1/messages/${encodeURIComponent(messageId)}`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Delete a message for everyone. Short for POST /v1/messages with type `delete`, in every respect: what it answers is a message of its own, with its own id and end. Scopes: messages:send. */
  delete(messageId: string, options: RequestOptions = {}): Promise<types.DeleteMessageAnswer> {
    return this.#send<types.DeleteMessageAnswer>({ method: 'DELETE', path: `/v1/messages/${encodeURIComponent(messageId)}`, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** React to a message; a new reaction takes the place of the one before. Short for POST /v1/messages with type `reaction`, in every respect: what it answers is a message of its own, with its own id and end. Scopes: messages:send. */
  reactTo(messageId: string, body: types.ReactToMessageBody, options: RequestOptions = {}): Promise<types.ReactToMessageAnswer> {
    return this.#send<types.ReactToMessageAnswer>({ method: 'PUT', path: `/v1/messages/${encodeURIComponent(messageId)}/reactions`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Take the reaction of the session back. Short for POST /v1/messages with type `reaction`, in every respect: what it answers is a message of its own, with its own id and end. Scopes: messages:send. */
  removeReaction(messageId: string, options: RequestOptions = {}): Promise<types.RemoveReactionAnswer> {
    return this.#send<types.RemoveReactionAnswer>({ method: 'DELETE', path: `/v1/messages/${encodeURIComponent(messageId)}/reactions`, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Send the content of a message to another chat, shown as forwarded. Short for POST /v1/messages with the same content and `forwarded: true`. Quotes and mentions stay behind. What may be seen once, was deleted or never read cannot be forwarded. Scopes: messages:send. */
  forward(messageId: string, body: types.ForwardMessageBody, options: RequestOptions = {}): Promise<types.ForwardMessageAnswer> {
    return this.#send<types.ForwardMessageAnswer>({ method: 'POST', path: `/v1/messages/${encodeURIComponent(messageId)}/forward`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Tell the sender that a received message was read. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Waits up to a day for the session. Whether the sender sees it is up to the privacy settings of both. Scopes: messages:send. */
  markMessageRead(messageId: string, body: types.MarkMessageReadBody = {}, options: RequestOptions = {}): Promise<types.MarkMessageReadAnswer> {
    return this.#send<types.MarkMessageReadAnswer>({ method: 'POST', path: `/v1/messages/${encodeURIComponent(messageId)}/read`, body, retryable: true, takesIdempotencyKey: true }, options)
  }
}

export class Media {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Upload a file. Answers a link for exactly this size and type, for 15 minutes: PUT the bytes there, then use the id in messages. Files are kept for 30 days. Scopes: messages:send. */
  createMedia(body: types.CreateMediaBody, options: RequestOptions = {}): Promise<types.CreateMediaAnswer> {
    return this.#send<types.CreateMediaAnswer>({ method: 'POST', path: '/v1/media', body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Get a file: its state, and a link to download it. Scopes: messages:read. */
  getMedia(mediaId: string, options: RequestOptions = {}): Promise<types.GetMediaAnswer> {
    return this.#send<types.GetMediaAnswer>({ method: 'GET', path: `/v1/media/${encodeURIComponent(mediaId)}`, retryable: true }, options)
  }

  /** Delete a file before its time. Messages that were not sent yet and use it fail. Scopes: messages:send. */
  deleteMedia(mediaId: string, options: RequestOptions = {}): Promise<types.DeleteMediaAnswer> {
    return this.#send<types.DeleteMediaAnswer>({ method: 'DELETE', path: `/v1/media/${encodeURIComponent(mediaId)}`, retryable: true }, options)
  }
}

export class Contacts {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Which numbers are on WhatsApp, and who they are. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: contacts:read. */
  lookupContacts(sessionId: string, body: types.LookupContactsBody, options: RequestOptions = {}): Promise<types.LookupContactsAnswer> {
    return this.#send<types.LookupContactsAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/contacts/lookup`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** People this session has met, or the one of a phone number or LID. By contact id. A look into our own records: the session need not be connected. Scopes: contacts:read. */
  listContacts(sessionId: string, query: types.ListContactsQuery = {}, options: RequestOptions = {}): ListRequest<types.ListContactsAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListContactsAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/contacts`, query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }

  /** Whom the account has blocked. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: contacts:read. */
  listBlockedContacts(sessionId: string, options: RequestOptions = {}): Promise<types.ListBlockedContactsAnswer> {
    return this.#send<types.ListBlockedContactsAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/contacts/blocked`, retryable: true }, options)
  }

  /** Get a contact. A look into our own records: the session need not be connected. Scopes: contacts:read. */
  getContact(sessionId: string, contactId: string, options: RequestOptions = {}): Promise<types.GetContactAnswer> {
    return this.#send<types.GetContactAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/contacts/${encodeURIComponent(contactId)}`, retryable: true }, options)
  }

  /** About and picture of a contact, asked of WhatsApp. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: contacts:read. */
  getContactProfile(sessionId: string, contactId: string, options: RequestOptions = {}): Promise<types.GetContactProfileAnswer> {
    return this.#send<types.GetContactProfileAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/contacts/${encodeURIComponent(contactId)}/profile`, retryable: true }, options)
  }

  /** Block a contact: its messages do not arrive any more. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: contacts:manage. */
  blockContact(sessionId: string, contactId: string, body: types.BlockContactBody = {}, options: RequestOptions = {}): Promise<types.BlockContactAnswer> {
    return this.#send<types.BlockContactAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/contacts/${encodeURIComponent(contactId)}/block`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Unblock a contact. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: contacts:manage. */
  unblockContact(sessionId: string, contactId: string, body: types.UnblockContactBody = {}, options: RequestOptions = {}): Promise<types.UnblockContactAnswer> {
    return this.#send<types.UnblockContactAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/contacts/${encodeURIComponent(contactId)}/unblock`, body, retryable: true, takesIdempotencyKey: true }, options)
  }
}

export class Groups {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Create a group. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:manage. */
  createGroup(sessionId: string, body: types.CreateGroupBody, options: RequestOptions = {}): Promise<types.CreateGroupAnswer> {
    return this.#send<types.CreateGroupAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Groups the account is in. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:read. */
  listGroups(sessionId: string, options: RequestOptions = {}): Promise<types.ListGroupsAnswer> {
    return this.#send<types.ListGroupsAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups`, retryable: true }, options)
  }

  /** Get a group with its participants. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:read. */
  getGroup(sessionId: string, groupId: string, options: RequestOptions = {}): Promise<types.GetGroupAnswer> {
    return this.#send<types.GetGroupAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups/${encodeURIComponent(groupId)}`, retryable: true }, options)
  }

  /** Change subject, description or settings. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:manage. */
  updateGroup(sessionId: string, groupId: string, body: types.UpdateGroupBody, options: RequestOptions = {}): Promise<types.UpdateGroupAnswer> {
    return this.#send<types.UpdateGroupAnswer>({ method: 'PATCH', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups/${encodeURIComponent(groupId)}`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Set the picture of a group. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:manage. */
  setGroupPicture(sessionId: string, groupId: string, body: types.SetGroupPictureBody, options: RequestOptions = {}): Promise<types.SetGroupPictureAnswer> {
    return this.#send<types.SetGroupPictureAnswer>({ method: 'PUT', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups/${encodeURIComponent(groupId)}/picture`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Remove the picture of a group. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:manage. */
  removeGroupPicture(sessionId: string, groupId: string, options: RequestOptions = {}): Promise<types.RemoveGroupPictureAnswer> {
    return this.#send<types.RemoveGroupPictureAnswer>({ method: 'DELETE', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups/${encodeURIComponent(groupId)}/picture`, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Add, remove, promote or demote people; a result per person. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:manage. */
  changeGroupParticipants(sessionId: string, groupId: string, body: types.ChangeGroupParticipantsBody, options: RequestOptions = {}): Promise<types.ChangeGroupParticipantsAnswer> {
    return this.#send<types.ChangeGroupParticipantsAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups/${encodeURIComponent(groupId)}/participants`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Who waits to be let into a group (admins). The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:read. */
  listGroupJoinRequests(sessionId: string, groupId: string, options: RequestOptions = {}): Promise<types.ListGroupJoinRequestsAnswer> {
    return this.#send<types.ListGroupJoinRequestsAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups/${encodeURIComponent(groupId)}/join-requests`, retryable: true }, options)
  }

  /** Let people in who asked, or refuse them; a result per person. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:manage. */
  decideGroupJoinRequests(sessionId: string, groupId: string, body: types.DecideGroupJoinRequestsBody, options: RequestOptions = {}): Promise<types.DecideGroupJoinRequestsAnswer> {
    return this.#send<types.DecideGroupJoinRequestsAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups/${encodeURIComponent(groupId)}/join-requests`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Get the invite link (admins). The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:read. */
  getGroupInvite(sessionId: string, groupId: string, options: RequestOptions = {}): Promise<types.GetGroupInviteAnswer> {
    return this.#send<types.GetGroupInviteAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups/${encodeURIComponent(groupId)}/invite`, retryable: true }, options)
  }

  /** Make the invite link void; the answer has the new one. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:manage. */
  revokeGroupInvite(sessionId: string, groupId: string, body: types.RevokeGroupInviteBody = {}, options: RequestOptions = {}): Promise<types.RevokeGroupInviteAnswer> {
    return this.#send<types.RevokeGroupInviteAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups/${encodeURIComponent(groupId)}/invite/revoke`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Which group an invite leads to. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:read. */
  getGroupInviteInfo(sessionId: string, inviteCode: string, options: RequestOptions = {}): Promise<types.GetGroupInviteInfoAnswer> {
    return this.#send<types.GetGroupInviteInfoAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/group-invites/${encodeURIComponent(inviteCode)}`, retryable: true }, options)
  }

  /** Join a group by its invite link or code. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:manage. */
  joinGroup(sessionId: string, body: types.JoinGroupBody, options: RequestOptions = {}): Promise<types.JoinGroupAnswer> {
    return this.#send<types.JoinGroupAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups/join`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Leave a group. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: groups:manage. */
  leaveGroup(sessionId: string, groupId: string, body: types.LeaveGroupBody = {}, options: RequestOptions = {}): Promise<types.LeaveGroupAnswer> {
    return this.#send<types.LeaveGroupAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/groups/${encodeURIComponent(groupId)}/leave`, body, retryable: true, takesIdempotencyKey: true }, options)
  }
}

export class Profile {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Name, about and picture of the account. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: sessions:read. */
  getProfile(sessionId: string, options: RequestOptions = {}): Promise<types.GetProfileAnswer> {
    return this.#send<types.GetProfileAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/profile`, retryable: true }, options)
  }

  /** Change the name or the about text. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: profile:manage. */
  updateProfile(sessionId: string, body: types.UpdateProfileBody, options: RequestOptions = {}): Promise<types.UpdateProfileAnswer> {
    return this.#send<types.UpdateProfileAnswer>({ method: 'PATCH', path: `/v1/sessions/${encodeURIComponent(sessionId)}/profile`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Set the picture of the account. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: profile:manage. */
  setProfilePicture(sessionId: string, body: types.SetProfilePictureBody, options: RequestOptions = {}): Promise<types.SetProfilePictureAnswer> {
    return this.#send<types.SetProfilePictureAnswer>({ method: 'PUT', path: `/v1/sessions/${encodeURIComponent(sessionId)}/profile/picture`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Remove the picture of the account. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: profile:manage. */
  removeProfilePicture(sessionId: string, options: RequestOptions = {}): Promise<types.RemoveProfilePictureAnswer> {
    return this.#send<types.RemoveProfilePictureAnswer>({ method: 'DELETE', path: `/v1/sessions/${encodeURIComponent(sessionId)}/profile/picture`, retryable: true, takesIdempotencyKey: true }, options)
  }
}

export class Presence {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Show typing or recording in a chat, or the account as online. composing and recording fade after about 25 s. available stops push notifications on the phone until unavailable. Waits at most 15 s for the session to be connected. Scopes: presence:manage. */
  sendPresence(sessionId: string, body: types.SendPresenceBody, options: RequestOptions = {}): Promise<types.SendPresenceAnswer> {
    return this.#send<types.SendPresenceAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/presence`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Be told when a contact comes and goes (presence.updated), until the session reconnects. The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for. Scopes: presence:manage. */
  subscribePresence(sessionId: string, body: types.SubscribePresenceBody, options: RequestOptions = {}): Promise<types.SubscribePresenceAnswer> {
    return this.#send<types.SubscribePresenceAnswer>({ method: 'POST', path: `/v1/sessions/${encodeURIComponent(sessionId)}/presence/subscribe`, body, retryable: true, takesIdempotencyKey: true }, options)
  }
}

export class Operations {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Get an operation and its answer. Needs the scopes of the request that made it. Kept for 7 days. */
  getOperation(operationId: string, options: RequestOptions = {}): Promise<types.GetOperationAnswer> {
    return this.#send<types.GetOperationAnswer>({ method: 'GET', path: `/v1/operations/${encodeURIComponent(operationId)}`, retryable: true }, options)
  }
}

export class Events {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Read events, oldest first. With sessionId: the events of one session after `afterSequence` (or after the cursor). Without: of the whole tenant, continued by the cursor; at most 200 sessions. nextCursor is always there: keep it and ask again. Scopes: events:read. */
  list(query: types.ListEventsQuery = {}, options: RequestOptions = {}): ListRequest<types.ListEventsAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListEventsAnswer>({ method: 'GET', path: '/v1/events', query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }

  /** Get an event. Scopes: events:read. */
  get(eventId: string, options: RequestOptions = {}): Promise<types.GetEventAnswer> {
    return this.#send<types.GetEventAnswer>({ method: 'GET', path: `/v1/events/${encodeURIComponent(eventId)}`, retryable: true }, options)
  }

  /** Remove the data of an event for good. Its id, type, session, sequence and time stay, so that sequences keep no gap. Deliveries that still wait carry `data: null`. A message that the event told of is a resource of its own, and is not touched. Scopes: events:manage. */
  expunge(eventId: string, body: types.ExpungeEventBody = {}, options: RequestOptions = {}): Promise<types.ExpungeEventAnswer> {
    return this.#send<types.ExpungeEventAnswer>({ method: 'POST', path: `/v1/events/${encodeURIComponent(eventId)}/expunge`, body, retryable: true }, options)
  }

  /** A ticket for one stream, for clients that cannot send headers (EventSource). Valid for 60 seconds and for one connection, with the rights of this key. Get it in your backend, give it to the page, connect with `?ticket=…`; for the next connection get another one and send the last id as `lastEventId`. Scopes: events:read. */
  createStreamTicket(body: types.CreateStreamTicketBody = {}, options: RequestOptions = {}): Promise<types.CreateStreamTicketAnswer> {
    return this.#send<types.CreateStreamTicketAnswer>({ method: 'POST', path: '/v1/stream-tickets', body, retryable: false }, options)
  }

  /** Live events of a session (server-sent events), with the QR while it is being linked. Starts at now, or after Last-Event-ID (header or query): nothing is missed between two connections. A comment every 15 s; the stream ends after at most 14 minutes, connect again. Scopes: events:read. */
  stream(sessionId: string, query: types.StreamSessionQuery = {}, options: RequestOptions = {}): Promise<types.StreamSessionAnswer> {
    return this.#send<types.StreamSessionAnswer>({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(sessionId)}/stream`, query, retryable: true }, options)
  }

  /** Live events of the whole tenant (server-sent events). Starts at now, or after Last-Event-ID (header or query): nothing is missed between two connections. A comment every 15 s; the stream ends after at most 14 minutes, connect again. Scopes: events:read. */
  streamEvents(query: types.StreamEventsQuery = {}, options: RequestOptions = {}): Promise<types.StreamEventsAnswer> {
    return this.#send<types.StreamEventsAnswer>({ method: 'GET', path: '/v1/stream', query, retryable: true }, options)
  }
}

export class Webhooks {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Register a webhook endpoint. Scopes: webhooks:manage. */
  create(body: types.CreateWebhookEndpointBody, options: RequestOptions = {}): Promise<types.CreateWebhookEndpointAnswer> {
    return this.#send<types.CreateWebhookEndpointAnswer>({ method: 'POST', path: '/v1/webhook-endpoints', body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** List webhook endpoints, newest first. Scopes: webhooks:read. */
  list(query: types.ListWebhookEndpointsQuery = {}, options: RequestOptions = {}): ListRequest<types.ListWebhookEndpointsAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListWebhookEndpointsAnswer>({ method: 'GET', path: '/v1/webhook-endpoints', query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }

  /** Get a webhook endpoint. Scopes: webhooks:read. */
  get(endpointId: string, options: RequestOptions = {}): Promise<types.GetWebhookEndpointAnswer> {
    return this.#send<types.GetWebhookEndpointAnswer>({ method: 'GET', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}`, retryable: true }, options)
  }

  /** Change url, events, filters or delivery settings. Scopes: webhooks:manage. */
  update(endpointId: string, body: types.UpdateWebhookEndpointBody = {}, options: RequestOptions = {}): Promise<types.UpdateWebhookEndpointAnswer> {
    return this.#send<types.UpdateWebhookEndpointAnswer>({ method: 'PATCH', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}`, body, retryable: true }, options)
  }

  /** Remove a webhook endpoint. Scopes: webhooks:manage. */
  delete(endpointId: string, options: RequestOptions = {}): Promise<types.DeleteWebhookEndpointAnswer> {
    return this.#send<types.DeleteWebhookEndpointAnswer>({ method: 'DELETE', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}`, retryable: true }, options)
  }

  /** Pause: deliveries are held until resume. Scopes: webhooks:manage. */
  pause(endpointId: string, body: types.PauseWebhookEndpointBody = {}, options: RequestOptions = {}): Promise<types.PauseWebhookEndpointAnswer> {
    return this.#send<types.PauseWebhookEndpointAnswer>({ method: 'POST', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}/pause`, body, retryable: true }, options)
  }

  /** Resume a paused or disabled endpoint: held deliveries go out, oldest first, at the rate of the endpoint. Scopes: webhooks:manage. */
  resume(endpointId: string, body: types.ResumeWebhookEndpointBody = {}, options: RequestOptions = {}): Promise<types.ResumeWebhookEndpointAnswer> {
    return this.#send<types.ResumeWebhookEndpointAnswer>({ method: 'POST', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}/resume`, body, retryable: true }, options)
  }

  /** A new signing secret; the old one signs too until the overlap ends. At most three secrets sign at a time: with a fourth the oldest ends at once. Scopes: webhooks:manage. */
  rotateWebhookSecret(endpointId: string, body: types.RotateWebhookSecretBody = {}, options: RequestOptions = {}): Promise<types.RotateWebhookSecretAnswer> {
    return this.#send<types.RotateWebhookSecretAnswer>({ method: 'POST', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}/rotate-secret`, body, retryable: false }, options)
  }

  /** Post a test event now and get the attempt back. Scopes: webhooks:manage. */
  test(endpointId: string, body: types.TestWebhookEndpointBody = {}, options: RequestOptions = {}): Promise<types.TestWebhookEndpointAnswer> {
    return this.#send<types.TestWebhookEndpointAnswer>({ method: 'POST', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}/test`, body, retryable: false }, options)
  }

  /** The ledger: one entry per event for this endpoint, newest first. Scopes: webhooks:read. */
  listDeliveries(endpointId: string, query: types.ListDeliveriesQuery = {}, options: RequestOptions = {}): ListRequest<types.ListDeliveriesAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListDeliveriesAnswer>({ method: 'GET', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}/deliveries`, query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }

  /** Get a delivery. Scopes: webhooks:read. */
  getDelivery(deliveryId: string, options: RequestOptions = {}): Promise<types.GetDeliveryAnswer> {
    return this.#send<types.GetDeliveryAnswer>({ method: 'GET', path: `/v1/webhook-deliveries/${encodeURIComponent(deliveryId)}`, retryable: true }, options)
  }

  /** Every attempt with request, answer and error, oldest first. Scopes: webhooks:read. */
  listDeliveryAttempts(deliveryId: string, options: RequestOptions = {}): Promise<types.ListDeliveryAttemptsAnswer> {
    return this.#send<types.ListDeliveryAttemptsAnswer>({ method: 'GET', path: `/v1/webhook-deliveries/${encodeURIComponent(deliveryId)}/attempts`, retryable: true }, options)
  }

  /** Remove what the attempts of a delivery keep of request and answer. URL, headers and bodies go; number, time, status, error and timing of each attempt stay. The data of the event itself: `POST /v1/events/{eventId}/expunge`. Scopes: webhooks:manage. */
  expungeDelivery(deliveryId: string, body: types.ExpungeDeliveryBody = {}, options: RequestOptions = {}): Promise<types.ExpungeDeliveryAnswer> {
    return this.#send<types.ExpungeDeliveryAnswer>({ method: 'POST', path: `/v1/webhook-deliveries/${encodeURIComponent(deliveryId)}/expunge`, body, retryable: true }, options)
  }

  /** Deliver now. A planned retry is superseded. A settled delivery is opened again as the next generation, with the same webhook-id. Scopes: webhooks:manage. */
  retryDelivery(deliveryId: string, body: types.RetryDeliveryBody = {}, options: RequestOptions = {}): Promise<types.RetryDeliveryAnswer> {
    return this.#send<types.RetryDeliveryAnswer>({ method: 'POST', path: `/v1/webhook-deliveries/${encodeURIComponent(deliveryId)}/retry`, body, retryable: false }, options)
  }

  /** Deliver a span of time again. failed: exhausted and expired deliveries; held: let held ones go; missed: events that never had a delivery here; all: every event. Each keeps its webhook-id. Scopes: webhooks:manage. */
  createWebhookReplay(endpointId: string, body: types.CreateWebhookReplayBody, options: RequestOptions = {}): Promise<types.CreateWebhookReplayAnswer> {
    return this.#send<types.CreateWebhookReplayAnswer>({ method: 'POST', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}/replays`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** Replays of an endpoint, newest first. Scopes: webhooks:read. */
  listWebhookReplays(endpointId: string, query: types.ListWebhookReplaysQuery = {}, options: RequestOptions = {}): ListRequest<types.ListWebhookReplaysAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListWebhookReplaysAnswer>({ method: 'GET', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}/replays`, query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }

  /** Progress of a replay. Scopes: webhooks:read. */
  getWebhookReplay(endpointId: string, replayId: string, options: RequestOptions = {}): Promise<types.GetWebhookReplayAnswer> {
    return this.#send<types.GetWebhookReplayAnswer>({ method: 'GET', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}/replays/${encodeURIComponent(replayId)}`, retryable: true }, options)
  }

  /** Stop a replay; what it opened already goes out. Scopes: webhooks:manage. */
  cancelWebhookReplay(endpointId: string, replayId: string, body: types.CancelWebhookReplayBody = {}, options: RequestOptions = {}): Promise<types.CancelWebhookReplayAnswer> {
    return this.#send<types.CancelWebhookReplayAnswer>({ method: 'POST', path: `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}/replays/${encodeURIComponent(replayId)}/cancel`, body, retryable: true }, options)
  }
}

export class Limits {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** The limits of this key and tenant, and what is used of them. Beyond a rate: 429 rate_limited. Beyond a quota: 429 quota_exceeded. Both say in Retry-After when to come back; every answer has RateLimit-* headers. The event limit.reached tells it once per limit and hour (rates) or UTC day (quotas). Scopes: tenant:read. */
  get(options: RequestOptions = {}): Promise<types.GetLimitsAnswer> {
    return this.#send<types.GetLimitsAnswer>({ method: 'GET', path: '/v1/limits', retryable: true }, options)
  }
}

export class Audit {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** Who changed what, newest first. Every control-plane change of this tenant and mode, also refused ones. Entries are never changed or removed. An entry is written before the answer; filters by actor or resource may lag by a second. Scopes: audit:read. */
  list(query: types.ListAuditLogQuery = {}, options: RequestOptions = {}): ListRequest<types.ListAuditLogAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListAuditLogAnswer>({ method: 'GET', path: '/v1/audit-log', query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }

  /** What platform keys changed, newest first. */
  listPlatform(query: types.ListPlatformAuditLogQuery = {}, options: RequestOptions = {}): ListRequest<types.ListPlatformAuditLogAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListPlatformAuditLogAnswer>({ method: 'GET', path: '/v1/admin/audit-log', query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }
}

export class Usage {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** What was used, by day or month, as JSON or CSV. Counted from the event log: every event counts once, whatever was retried or crashed. API calls and webhook attempts are counted before the answer or the POST goes; the call that asks may be among them. What happened last in a deleted session is counted when its rows go, four days later. `complete: false`: more events wait to be counted than one request counts; ask again. At most 92 days. Send `Accept: text/csv` for CSV. Scopes: usage:read. */
  get(query: types.GetUsageQuery = {}, options: RequestOptions = {}): Promise<types.GetUsageAnswer> {
    return this.#send<types.GetUsageAnswer>({ method: 'GET', path: '/v1/usage', query, retryable: true }, options)
  }

  /** What a tenant used, by day or month, as JSON or CSV. What the tenant sees with GET /v1/usage, also of a suspended or deleted one. At most 92 days. */
  getTenantUsage(tenantId: string, query: types.GetTenantUsageQuery = {}, options: RequestOptions = {}): Promise<types.GetTenantUsageAnswer> {
    return this.#send<types.GetTenantUsageAnswer>({ method: 'GET', path: `/v1/tenants/${encodeURIComponent(tenantId)}/usage`, query, retryable: true }, options)
  }

  /** What every tenant used in a month, as JSON or CSV. One row per tenant, newest tenant first, deleted ones too. CSV has the rows of one page; the header Next-Cursor names the next page, as nextCursor does in JSON. */
  listTenantUsage(query: types.ListTenantUsageQuery = {}, options: RequestOptions = {}): ListRequest<types.ListTenantUsageAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListTenantUsageAnswer>({ method: 'GET', path: '/v1/admin/usage', query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }
}

export class TestMode {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** The simulated phone scans the QR on show (or types the pairing code). Scopes: sessions:manage. */
  scan(sessionId: string, body: types.TestScanBody, options: RequestOptions = {}): Promise<types.TestScanAnswer> {
    return this.#send<types.TestScanAnswer>({ method: 'POST', path: `/v1/test/sessions/${encodeURIComponent(sessionId)}/scan`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** A simulated contact writes to the session. A text, a file, anything that the session can receive; what it is about names messages by their ids here. Scopes: sessions:manage. */
  receive(sessionId: string, body: types.TestReceiveBody, options: RequestOptions = {}): Promise<types.TestReceiveAnswer> {
    return this.#send<types.TestReceiveAnswer>({ method: 'POST', path: `/v1/test/sessions/${encodeURIComponent(sessionId)}/receive`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** The server drops the connection of the session. Scopes: sessions:manage. */
  drop(sessionId: string, body: types.TestDropBody = {}, options: RequestOptions = {}): Promise<types.TestDropAnswer> {
    return this.#send<types.TestDropAnswer>({ method: 'POST', path: `/v1/test/sessions/${encodeURIComponent(sessionId)}/drop`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** The simulated phone goes offline. Scopes: sessions:manage. */
  phoneOffline(sessionId: string, body: types.TestPhoneOfflineBody = {}, options: RequestOptions = {}): Promise<types.TestPhoneOfflineAnswer> {
    return this.#send<types.TestPhoneOfflineAnswer>({ method: 'POST', path: `/v1/test/sessions/${encodeURIComponent(sessionId)}/phone-offline`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** The simulated phone comes back. Scopes: sessions:manage. */
  phoneOnline(sessionId: string, body: types.TestPhoneOnlineBody = {}, options: RequestOptions = {}): Promise<types.TestPhoneOnlineAnswer> {
    return this.#send<types.TestPhoneOnlineAnswer>({ method: 'POST', path: `/v1/test/sessions/${encodeURIComponent(sessionId)}/phone-online`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** The user removes the linked device on the simulated phone. Scopes: sessions:manage. */
  logout(sessionId: string, body: types.TestLogoutBody = {}, options: RequestOptions = {}): Promise<types.TestLogoutAnswer> {
    return this.#send<types.TestLogoutAnswer>({ method: 'POST', path: `/v1/test/sessions/${encodeURIComponent(sessionId)}/logout`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** A simulated contact reads a message of the session. Scopes: sessions:manage. */
  read(sessionId: string, body: types.TestReadBody, options: RequestOptions = {}): Promise<types.TestReadAnswer> {
    return this.#send<types.TestReadAnswer>({ method: 'POST', path: `/v1/test/sessions/${encodeURIComponent(sessionId)}/read`, body, retryable: true, takesIdempotencyKey: true }, options)
  }

  /** What a simulated contact decrypted, in order, never de-duplicated. Scopes: messages:read. */
  listContactMessages(sessionId: string, phone: string, options: RequestOptions = {}): Promise<types.TestListContactMessagesAnswer> {
    return this.#send<types.TestListContactMessagesAnswer>({ method: 'GET', path: `/v1/test/sessions/${encodeURIComponent(sessionId)}/contacts/${encodeURIComponent(phone)}/messages`, retryable: true }, options)
  }
}

export class Admin {
  readonly #send: Send
  constructor(send: Send) {
    this.#send = send
  }

  /** List workers of both modes. */
  listWorkers(options: RequestOptions = {}): Promise<types.ListWorkersAnswer> {
    return this.#send<types.ListWorkersAnswer>({ method: 'GET', path: '/v1/admin/workers', retryable: true }, options)
  }

  /** Get a worker. */
  getWorker(workerId: string, options: RequestOptions = {}): Promise<types.GetWorkerAnswer> {
    return this.#send<types.GetWorkerAnswer>({ method: 'GET', path: `/v1/admin/workers/${encodeURIComponent(workerId)}`, retryable: true }, options)
  }

  /** Hand over all sessions of a worker, then end it. */
  drainWorker(workerId: string, options: RequestOptions = {}): Promise<types.DrainWorkerAnswer> {
    return this.#send<types.DrainWorkerAnswer>({ method: 'POST', path: `/v1/admin/workers/${encodeURIComponent(workerId)}/drain`, retryable: true }, options)
  }

  /** List sessions of all tenants with the workers that have them. One page holds the sessions of whole workers; those that nobody has come last. */
  listPlacedSessions(query: types.ListPlacedSessionsQuery = {}, options: RequestOptions = {}): ListRequest<types.ListPlacedSessionsAnswer> {
    return new ListRequest((cursor) => this.#send<types.ListPlacedSessionsAnswer>({ method: 'GET', path: '/v1/admin/sessions', query: cursor === undefined ? query : { ...query, cursor }, retryable: true }, options))
  }

  /** Ask the worker of a session to hand it over to another one. The present worker finishes what is in flight and closes; another one takes it within seconds. */
  moveSession(sessionId: string, body: types.MoveSessionBody, options: RequestOptions = {}): Promise<types.MoveSessionAnswer> {
    return this.#send<types.MoveSessionAnswer>({ method: 'POST', path: `/v1/admin/sessions/${encodeURIComponent(sessionId)}/move`, body, retryable: true }, options)
  }

  /** Replace the workers of a mode by the deployed version, wave by wave. Room of the new version first, then one wave after the other. It waits while an alarm of the fleet rings and ends as failed after 15 minutes of it. */
  startRollout(body: types.StartRolloutBody, options: RequestOptions = {}): Promise<types.StartRolloutAnswer> {
    return this.#send<types.StartRolloutAnswer>({ method: 'POST', path: '/v1/admin/rollouts', body, retryable: false }, options)
  }

  /** Get the last rollout of a mode. */
  getRollout(mode: string, options: RequestOptions = {}): Promise<types.GetRolloutAnswer> {
    return this.#send<types.GetRolloutAnswer>({ method: 'GET', path: `/v1/admin/rollouts/${encodeURIComponent(mode)}`, retryable: true }, options)
  }

  /** Stop after the present wave. Workers that hand over already go on; the others stay. A fleet of two versions is a legal one. */
  abortRollout(mode: string, options: RequestOptions = {}): Promise<types.AbortRolloutAnswer> {
    return this.#send<types.AbortRolloutAnswer>({ method: 'POST', path: `/v1/admin/rollouts/${encodeURIComponent(mode)}/abort`, retryable: true }, options)
  }

  /** Get the WhatsApp Web version of a mode, and which versions WhatsApp refuses. */
  getClientVersion(mode: string, options: RequestOptions = {}): Promise<types.GetClientVersionAnswer> {
    return this.#send<types.GetClientVersionAnswer>({ method: 'GET', path: `/v1/admin/whatsapp-version/${encodeURIComponent(mode)}`, retryable: true }, options)
  }

  /** Set the WhatsApp Web version that the workers of a mode announce. Workers see it within ten seconds. Sessions that wait because WhatsApp refused the version before connect with the new one; those that are connected take it with their next connection. */
  setClientVersion(mode: string, body: types.SetClientVersionBody, options: RequestOptions = {}): Promise<types.SetClientVersionAnswer> {
    return this.#send<types.SetClientVersionAnswer>({ method: 'PUT', path: `/v1/admin/whatsapp-version/${encodeURIComponent(mode)}`, body, retryable: true }, options)
  }
}

/** All resources of the API over one way to send. */
export class Resources {
  readonly health: Health
  readonly tenants: Tenants
  readonly keys: Keys
  readonly sessions: Sessions
  readonly messages: Messages
  readonly media: Media
  readonly contacts: Contacts
  readonly groups: Groups
  readonly profile: Profile
  readonly presence: Presence
  readonly operations: Operations
  readonly events: Events
  readonly webhooks: Webhooks
  readonly limits: Limits
  readonly audit: Audit
  readonly usage: Usage
  readonly testMode: TestMode
  readonly admin: Admin

  constructor(send: Send) {
    this.health = new Health(send)
    this.tenants = new Tenants(send)
    this.keys = new Keys(send)
    this.sessions = new Sessions(send)
    this.messages = new Messages(send)
    this.media = new Media(send)
    this.contacts = new Contacts(send)
    this.groups = new Groups(send)
    this.profile = new Profile(send)
    this.presence = new Presence(send)
    this.operations = new Operations(send)
    this.events = new Events(send)
    this.webhooks = new Webhooks(send)
    this.limits = new Limits(send)
    this.audit = new Audit(send)
    this.usage = new Usage(send)
    this.testMode = new TestMode(send)
    this.admin = new Admin(send)
  }
}
