import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'

/**
 * Symptom: every ~50 minutes the stream is recycled with `Stream Errored (ack)` and the offline queue stays blocked.
 * rc14 has no handler for the top-level `<status>` stanza and never acks it (baileys-facts §1.5;
 * https://github.com/jlucaso1/whatsapp-rust/pull/1101).
 */
export const ackStatusStanzas = (
  socket: Pick<WASocket, 'ws' | 'sendNode'>,
  onAcked: (id: string) => void,
  onFailure: (error: unknown) => void,
): void => {
  socket.ws.on('CB:status', ({ attrs }: BinaryNode) => {
    const { id, from, type, participant } = attrs
    if (!id || !from) return
    const optional = { ...(type ? { type } : {}), ...(participant ? { participant } : {}) }
    onAcked(id)
    socket.sendNode({ tag: 'ack', attrs: { id, to: from, class: 'status', ...optional } }).catch(onFailure)
  })
}
