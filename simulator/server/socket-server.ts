import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import { openConnection } from '../protocol/handshake.ts'
import { takeFault } from '../store/faults.ts'
import type { World } from '../world.ts'
import { Connection } from './connection.ts'
import { listen } from './listen.ts'

const MAX_WS_MESSAGE_BYTES = 16 * 1024 * 1024

export type SocketServer = { url: string; stop(): Promise<void> }

/** Accepts WhatsApp Web clients. @param port 0 chooses a free one. Rejects if the port is taken. */
export async function startSocketServer(world: World, port: number, host?: string): Promise<SocketServer> {
  const http = createServer((_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' }).end('This is a WebSocket endpoint: /ws/chat\n')
  })
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_WS_MESSAGE_BYTES })
  http.on('upgrade', (request: IncomingMessage, socket: Socket, head) => {
    const url = new URL(request.url ?? '/', 'ws://localhost')
    const hint = url.searchParams.get('namespace') ?? headerValue(request, 'x-namespace')
    if (refuses(world, hint)) return socket.resetAndDestroy()
    if (url.pathname !== '/ws/chat') return void socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
    socket.setNoDelay(true)
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection(webSocket, socket, hint)
      const receive = openConnection(world, connection)
      webSocket.on('message', (data: Buffer) => receive(data))
      webSocket.on('close', () => connection.noteClosed())
      webSocket.on('error', () => connection.noteClosed())
    })
  })
  await listen(http, port, host)
  const { port: actual } = http.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${actual}/ws/chat`,
    stop: async () => {
      for (const client of webSockets.clients) client.terminate()
      http.closeAllConnections()
      await new Promise<void>((resolve) => http.close(() => resolve()))
    },
  }
}

/** Before a client has said who it is only its URL can name a namespace; without one it counts as `default`. */
function refuses(world: World, hint: string | null): boolean {
  const target = { namespace: hint ?? 'default', matches: (fault: { phone: string | null }) => fault.phone === null }
  return takeFault(world.database, 'refuseConnections', target) !== undefined
}

function headerValue(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : null
}
