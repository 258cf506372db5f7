/** One stanza of the simulator's raw wire log, as far as the checker asks. */
export interface Frame {
  readonly id: string
  readonly at: number
  readonly isFromClient: boolean
  /** from the client: a message */
  readonly isMessage: boolean
  /** from the client: says that a message was taken */
  readonly isReceipt: boolean
  /** to the client: a contact could not decrypt and asks again */
  readonly isRetryReceipt: boolean
  readonly recipients: readonly { readonly jid: string; readonly plaintextSha256?: string }[]
}

interface WireItem {
  readonly at: string
  readonly direction: 'in' | 'out'
  readonly tag: string
  readonly id: string | null
  readonly attrs: Readonly<Record<string, string>>
  readonly recipients: Frame['recipients'] | null
}

/** Frames of one phone from the simulator's `wire`, in its order. */
export const toFrames = (items: readonly unknown[]): Frame[] =>
  (items as readonly WireItem[]).map(({ at, direction, tag, id, attrs, recipients }) => ({
    id: id ?? '',
    at: Date.parse(at),
    isFromClient: direction === 'in',
    isMessage: direction === 'in' && tag === 'message' && attrs.category !== 'peer',
    isReceipt: direction === 'in' && tag === 'receipt' && attrs.type !== 'retry',
    isRetryReceipt: direction === 'out' && tag === 'receipt' && attrs.type === 'retry',
    recipients: recipients ?? [],
  }))
