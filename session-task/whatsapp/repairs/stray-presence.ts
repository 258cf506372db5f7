import type { WASocket } from '@whiskeysockets/baileys'

/**
 * Symptom: the tenant's phone stops getting push notifications. On each `creds.update` without `me` (every pre-key
 * upload) rc14 compares the missing name with the known one and sends a bare `<presence/>`, which means "online"
 * (baileys-facts 0.10; https://github.com/WhiskeySockets/Baileys/pull/2789). Updates are completed with the present
 * `me` before anybody sees them, so that the names are equal. Must be installed before the first update.
 */
export const completeCredentialUpdates = (socket: Pick<WASocket, 'ev' | 'authState'>): void => {
  const { ev, authState } = socket
  const emit = ev.emit.bind(ev)
  ev.emit = (event, data) => {
    const me = authState.creds.me
    if (event !== 'creds.update' || !me) return emit(event, data)
    const update = data as { me?: Partial<typeof me> }
    const name = update.me?.name || me.name
    return emit(event, { ...data, me: { ...me, ...update.me, ...(name ? { name } : {}) } } as typeof data)
  }
}
