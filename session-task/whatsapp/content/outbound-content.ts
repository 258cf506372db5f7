import type { ContactCard } from './cards.ts'

/** Names a message to other clients: WhatsApp's own key, from the session's point of view. */
export interface MessageName {
  readonly chatJid: string
  readonly whatsappId: string
  readonly isOwn: boolean
  /** its author, in a group */
  readonly participantJid: string | null
}

export interface QuotedMessage {
  readonly whatsappId: string
  /** its author's jid */
  readonly authorJid: string
  /** the chat that it stands in, if it is another one */
  readonly chatJid: string | null
  /** encoded message, if it is kept */
  readonly proto: Uint8Array | null
  /** where there is no encoded message: its text */
  readonly text: string | null
}

/** A file that lies encrypted on WhatsApp's media host. */
export interface UploadedMedia {
  readonly url: string
  readonly directPath: string
  readonly mediaKey: Uint8Array
  readonly fileSha256: Uint8Array
  readonly fileEncSha256: Uint8Array
  readonly fileLength: number
  /** epoch seconds */
  readonly mediaKeyTimestamp: number
}

export interface MediaFields {
  readonly mimetype: string
  readonly caption?: string | null
  readonly fileName?: string | null
  readonly seconds?: number | null
  readonly width?: number | null
  readonly height?: number | null
  readonly pageCount?: number | null
  readonly waveform?: readonly number[] | null
  readonly viewOnce?: boolean | null
  readonly animated?: boolean | null
  readonly gif?: boolean | null
  /** JPEG, base64 */
  readonly thumbnail?: string | null
}

export type OutboundBody =
  | {
      readonly type: 'text'
      readonly text: {
        readonly body: string
        readonly linkPreview?: {
          readonly url: string
          readonly title: string
          readonly description?: string
          readonly thumbnail?: string
        } | null
      }
    }
  | {
      readonly type: 'location'
      readonly location: {
        readonly latitude: number
        readonly longitude: number
        readonly name?: string | null
        readonly address?: string | null
      }
    }
  | { readonly type: 'contacts'; readonly contacts: readonly ContactCard[] }
  | {
      readonly type: 'poll'
      readonly poll: { readonly name: string; readonly options: readonly string[]; readonly selectableCount: number }
    }
  | { readonly type: 'reaction'; readonly target: MessageName; readonly emoji: string | null; readonly at: number }
  | { readonly type: 'edit'; readonly target: MessageName; readonly body: string; readonly at: number }
  | { readonly type: 'delete'; readonly target: MessageName }
  | {
      readonly type: 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker'
      readonly media: MediaFields
      readonly file: UploadedMedia
    }

export interface OutboundContext {
  readonly quoted?: QuotedMessage | null
  readonly mentionedJids?: readonly string[]
  readonly mentionsEveryone?: boolean
  readonly forwarded?: boolean
  /** the chat's timer; 0 or absent: messages stay */
  readonly disappearingSeconds?: number
}
