import { createServer, type Socket } from 'node:net'
import makeWASocket, {
  initAuthCreds,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys'
import { quietLog } from '../../auth-log/testing/open-memory-log.ts'
import { makeLibraryLog } from '../library-log.ts'
import { withCapturedRejections } from '../repairs/captured-rejections.ts'

export interface UnconnectedSocket {
  readonly socket: WASocket
  readonly rejections: unknown[]
  close(): Promise<void>
}

/** The library's real socket with a peer that accepts and upgrades nothing: what it does without a server. */
export const openUnconnectedSocket = async (
  store: SignalKeyStore,
  onDebug?: (fields: unknown) => void,
  options: Partial<UserFacingSocketConfig> = {},
): Promise<UnconnectedSocket> => {
  const accepted: Socket[] = []
  const server = createServer((peer) => {
    accepted.push(peer)
    peer.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const rejections: unknown[] = []
  const socket = withCapturedRejections(
    () =>
      makeWASocket({
        ...options,
        waWebSocketUrl: `ws://127.0.0.1:${port}/`,
        auth: { creds: { ...initAuthCreds(), me: { id: '1:1@s.whatsapp.net', name: 'Shop' } }, keys: store },
        logger: makeLibraryLog(quietLog, onDebug),
      }),
    (error) => rejections.push(error),
  )
  return {
    socket,
    rejections,
    close: async () => {
      await socket.end(undefined)
      for (const peer of accepted.splice(0)) peer.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
