import { type BinaryNode, isJidGroup, type proto } from '@whiskeysockets/baileys'

const POLLS = ['pollCreationMessage', 'pollCreationMessageV2', 'pollCreationMessageV3'] as const

/**
 * What the stanza around a message says besides: WhatsApp's clients look for an edit or a deletion there, and a message
 * is relayed from its bytes alone, so it is read from them (baileys-facts §3).
 */
export const relayShapeOf = (
  message: proto.IMessage,
  jid: string,
  edits: { readonly MESSAGE_EDIT: number; readonly REVOKE: number },
): { readonly attributes: BinaryNode['attrs']; readonly nodes: BinaryNode[] } => {
  const { protocolMessage } = message
  if (protocolMessage?.type === edits.MESSAGE_EDIT) return { attributes: { edit: '1' }, nodes: [] }
  if (protocolMessage?.type === edits.REVOKE)
    // 8: an admin deletes what somebody else wrote
    return { attributes: { edit: isJidGroup(jid) && !protocolMessage.key?.fromMe ? '8' : '7' }, nodes: [] }
  if (POLLS.some((name) => message[name]))
    return { attributes: {}, nodes: [{ tag: 'meta', attrs: { polltype: 'creation' } }] }
  return { attributes: {}, nodes: [] }
}
