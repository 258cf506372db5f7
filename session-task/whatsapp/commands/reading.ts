import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, type WASocket } from '@whiskeysockets/baileys'
import { type Ask, iq, translated } from './ask.ts'
import type { ReadReceipt, WhatsAppCommands } from './types.ts'

/** The server acknowledges receipts within a second; one that it does not acknowledge has left all the same. */
const ACK_TIMEOUT_MS = 5_000

/** The library's own way neither waits for the server nor survives a question about privacy that nobody answers. */
export const readingCommands = (socket: Pick<WASocket, 'query'>, ask: Ask): Pick<WhatsAppCommands, 'markRead'> => {
  let type: Promise<'read' | 'read-self'> | null = null
  const typeOfReceipts = (): Promise<'read' | 'read-self'> => {
    type ??= readType(ask).catch((error) => {
      type = null
      throw error
    })
    return type
  }
  return {
    markRead: async (receipts) => {
      const kind = await typeOfReceipts()
      for (const receipt of receipts)
        await translated(() => socket.query(receiptNode(receipt, kind, Date.now()), ACK_TIMEOUT_MS))
    },
  }
}

/** Who hides that it reads tells its own devices only, as WhatsApp's own clients do. */
const readType = async (ask: Ask): Promise<'read' | 'read-self'> => {
  const answer = await ask(iq('get', 'privacy', [{ tag: 'privacy', attrs: {} }]))
  const settings = getBinaryNodeChildren(getBinaryNodeChild(answer, 'privacy'), 'category')
  const setting = settings.find(({ attrs }) => attrs.name === 'readreceipts')?.attrs.value
  return setting === undefined || setting === 'all' ? 'read' : 'read-self'
}

const receiptNode = ({ chatJid, participantJid, whatsappIds }: ReadReceipt, type: string, now: number): BinaryNode => {
  const [id = '', ...more] = whatsappIds
  return {
    tag: 'receipt',
    attrs: {
      id,
      to: chatJid,
      type,
      t: String(Math.floor(now / 1_000)),
      ...(participantJid ? { participant: participantJid } : {}),
    },
    ...(more.length > 0
      ? { content: [{ tag: 'list', attrs: {}, content: more.map((one) => ({ tag: 'item', attrs: { id: one } })) }] }
      : {}),
  }
}
