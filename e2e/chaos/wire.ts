/** One stanza of the simulator's raw wire log, as far as the checker asks. */
export interface Frame {
  readonly id: string
  readonly at: number
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

/** All frames of one phone, in the order of the wire. */
export const readFrames = async (controlUrl: string, phone: string): Promise<Frame[]> => {
  const response = await fetch(`${controlUrl}/control/wire?phone=${phone}&limit=100000`)
  const { data } = (await response.json()) as { data: WireItem[] }
  return data.map(({ at, direction, tag, id, attrs, recipients }) => ({
    id: id ?? '',
    at: Date.parse(at),
    isMessage: direction === 'in' && tag === 'message' && attrs.category !== 'peer',
    isReceipt: direction === 'in' && tag === 'receipt' && attrs.type !== 'retry',
    isRetryReceipt: direction === 'out' && tag === 'receipt' && attrs.type === 'retry',
    recipients: recipients ?? [],
  }))
}
