import type { Server } from 'node:http'

export const LOOPBACK = '127.0.0.1'

/** Starts listening, on the loopback interface unless another is named; rejects when the port is taken. */
export function listen(server: Server, port: number, host: string = LOOPBACK): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
