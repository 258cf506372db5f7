import type { Log } from '../../shared/log/log.ts'
import type { InboundRecord, LogRecord } from '../auth-log/records.ts'
import type { SessionLog, UndecryptedState } from '../auth-log/session-log.ts'
import type { CanaryLimits } from './canary.ts'
import type { WhatsAppCommands } from './commands/types.ts'
import type { DownloadedFile } from './content/downloaded-file.ts'
import type { OutboundBody, OutboundContext, UploadedMedia } from './content/outbound-content.ts'
import type { DownloadLimits, MediaOrigin, OutgoingFile } from './content/transfer-media.ts'
import type { DisconnectInfo } from './disconnect.ts'
import type { Egress } from './egress.ts'
import type { NewChatLimit } from './new-chat-limits.ts'
import type { Resolved } from './resolved.ts'
import type { WatchdogLimits } from './watchdog.ts'

/** One decrypted inbound stanza, before its receipt: the session answers with the record to journal with the ratchet. */
export interface DecryptedStanza {
  /** the stanza's attributes: from, id, t, participant, notify, sender_lid, sender_pn, … */
  readonly attributes: Readonly<Record<string, string>>
  /** decoded proto.Message as plain JSON-able object (device-sent wrapper removed) */
  readonly message: Readonly<Record<string, unknown>>
  /** our own other device sent it: the jid of the chat */
  readonly sentTo?: string
  readonly plaintext: Uint8Array
  readonly encryptionType: string
  readonly ciphertextHash: string
  /** encoded stanza, to be injected again after a crash */
  readonly stanza: Uint8Array
  /** which message of which sender; absent when the stanza only brought a group's sender key */
  readonly messageKey?: string
  /** the library has work with it after the receipt */
  readonly isUnfinished?: boolean
}

/** What WhatsApp told outside of messages, before its ack: groups, contacts, our account. */
export interface NotificationStanza {
  readonly type: string
  /** the stanza's attributes: from, id, t, participant, notify, … */
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly NotificationChild[]
}

export interface NotificationChild {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly NotificationChild[]
  /** UTF-8 of a text node; null when it has children, other bytes or nothing */
  readonly text: string | null
}

/** Somebody came, went, types or records. Nothing of it is kept anywhere. */
export interface PresenceUpdate {
  readonly chatJid: string
  readonly personJid: string
  readonly state: 'available' | 'unavailable' | 'composing' | 'recording'
  /** epoch milliseconds; null when it is not told */
  readonly lastSeenAt: number | null
}

export interface ConnectionEvents {
  /** A QR to show. expiresAt in epoch milliseconds; attempt counts from 1. */
  onQr(qr: { text: string; expiresAt: number; attempt: number }): void
  onPairingCode(code: { code: string; expiresAt: number }): void
  /** pair-success; the server closes with 515 next and expects a new login */
  onPaired(identity: { phone: string; lid: string | null; pushName: string | null }): void
  onOpen(identity: { phone: string; lid: string | null; pushName: string | null }): void
  onClose(info: DisconnectInfo): void
  /**
   * Called synchronously inside the decrypt commit, once per new identity. Returns the `in` record that is appended in
   * the same call as the ratchet.
   */
  onDecrypted(stanza: DecryptedStanza): InboundRecord
  /**
   * A message whose content did not come within 5 min. Returns the record that tells the tenant, appended in the same
   * run; content that comes later finds it by its message key.
   */
  onUndecryptable?(waiting: UndecryptedState): InboundRecord
  /** Called before the ack of that notification may leave; what it returns is appended in the same run. */
  onNotification?(notification: NotificationStanza): readonly LogRecord[]
  /** A `<call>`: rings, goes on or ends. As for notifications: before its ack, what is returned is appended. */
  onCall?(call: NotificationStanza): readonly LogRecord[]
  onPresence?(update: PresenceUpdate): void
  /** Server ack of an outbound message; error null means the server took it. */
  onServerAck(ack: { whatsappId: string; error: number | null; at: number }): void
  /** What WhatsApp says about opening new chats: by itself, or after `readNewChatLimits`. */
  onNewChatLimit?(limit: NewChatLimit): void
  /** Receipts from the peer. Called before the ack of that stanza may leave. */
  onReceipt(receipt: {
    whatsappIds: readonly string[]
    kind: 'delivered' | 'read' | 'played'
    from: string
    at: number
  }): void
}

export interface GroupMember {
  /** as the group addresses its members */
  readonly jid: string
  readonly phoneJid: string | null
  readonly lid: string | null
  readonly isAdmin: boolean
}

export interface GroupView {
  /** 0: messages stay */
  readonly disappearingSeconds: number
  /** only admins write */
  readonly announcementsOnly: boolean
  readonly members: readonly GroupMember[]
}

/**
 * One WhatsApp Web socket of one session, with the output-commit gate: no frame leaves before every record appended
 * before it is durable. Never reconnects by itself; after onClose it is dead.
 */
export interface WhatsAppConnection {
  /** true between onOpen and onClose */
  readonly isOpen: boolean
  /** Is the number on WhatsApp, and which jid to use? A time-out throws; it is never "not on WhatsApp". */
  resolve(phone: string): Promise<Resolved>
  /** Questions and orders that are no messages. */
  readonly commands: WhatsAppCommands
  /** Encodes a text message once; the bytes are stored on the row and relayed as they are by every re-send. */
  encodeText(text: { body: string }): Uint8Array
  /** The same for any content. */
  encode(body: OutboundBody, context?: OutboundContext): Uint8Array
  /** Encrypts a file and lays it on WhatsApp's media host. @returns null when there is no such file (any more) */
  uploadMedia(file: OutgoingFile): Promise<UploadedMedia | null>
  /**
   * A received file into `path`, still encrypted: whoever opens it checks it. Asks the phone to upload again what WhatsApp
   * has no more. @throws WhatsAppError media_gone, media_too_large: for good; else try again
   */
  downloadMedia(origin: MediaOrigin, path: string, limits: DownloadLimits): Promise<DownloadedFile>
  /** Members and timer of a group, from the cache when it is there. A time-out throws. */
  readGroup(jid: string): Promise<GroupView>
  /** Asks whether the account may open new chats; the answer comes as `onNewChatLimit`. A time-out throws. */
  readNewChatLimits(): Promise<void>
  /** Encrypts and hands the frame to the gate. Resolves when it was handed over: says nothing about the server. */
  relay(frame: {
    jid: string
    whatsappId: string
    proto: Uint8Array
    /** readers of a status */
    statusJids?: readonly string[]
  }): Promise<void>
  /** The stored bytes a peer may ask for again (retry receipt); undefined when unknown. Set by the session. */
  requestPairingCode(phone: string): Promise<void>
  /** Nothing more comes in or goes out, whatever the socket still holds; `close` is to follow. */
  closeIntake?(): void
  /** Waits until everything handed to the gate left, then ends the socket (never logs out). */
  close(): Promise<void>
  /** Unlinks the device at the server, then ends. */
  logout(): Promise<void>
}

export interface ConnectionOptions {
  readonly log: SessionLog
  readonly url: string
  /** [2, 3000, n]; null: what Baileys brings */
  readonly version: readonly [number, number, number] | null
  /** the account's way out, for its socket and its files; null or absent: the worker's own network */
  readonly egress?: Egress | null
  /** unlinked sessions: how to link; null: log in only */
  readonly link: { method: 'qr' } | { method: 'code'; phone: string } | null
  readonly events: ConnectionEvents
  /** exact bytes of an earlier message, for retry receipts; must answer undefined on a miss, never an empty message */
  readonly loadSentProto: (whatsappId: string) => Promise<Uint8Array | undefined>
  readonly logger: Log
  /** how long to wait for the server's word after connecting; default 40 s */
  readonly loginTimeoutMs?: number
  /** how long the content of a message may be missing before the session is told; default 5 min */
  readonly undecryptableAfterMs?: number
  readonly canaryLimits?: CanaryLimits
  readonly watchdogLimits?: WatchdogLimits
}

export type OpenConnection = (options: ConnectionOptions) => WhatsAppConnection
