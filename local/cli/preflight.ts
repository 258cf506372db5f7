import { createServer } from 'node:net'
import type { StartOptions } from './options.ts'
import { UserError } from './user-error.ts'

const ANSWER_DEADLINE_MS = 5_000

/** @throws UserError when the API could not listen there; nothing has been written or started by then */
export const assertPortFree = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => reject(toPortError(port, error)))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()))
  })

/** The line for a listen() that failed. */
export const toPortError = (port: number, error: NodeJS.ErrnoException): Error => {
  if (error.code === 'EADDRINUSE')
    return new UserError(`port ${port} is in use: choose another with --port N, or --port 0 for a free one`)
  if (error.code === 'EACCES')
    return new UserError(`port ${port} is not allowed for this user: choose one above 1023 with --port`)
  return error
}

/** @throws UserError unless a WebSocket opens at FLEETLINE_WA_URL and, if given, the control API answers */
export const assertWhatsAppAnswers = async (server: NonNullable<StartOptions['whatsapp']>): Promise<void> => {
  const hint = 'start that server (the simulator: npm run simulator), or unset the variable'
  if (!(await opensWebSocket(server.url)))
    throw new UserError(`no WebSocket opens at FLEETLINE_WA_URL ${server.url}: ${hint}`)
  if (!server.controlUrl) return
  const failure = await failureOf(`${server.controlUrl}/control/health`)
  if (failure)
    throw new UserError(`FLEETLINE_WA_CONTROL_URL ${server.controlUrl} does not answer (${failure}): ${hint}`)
}

const opensWebSocket = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url)
    const end = (opened: boolean) => {
      clearTimeout(timer)
      resolve(opened)
      socket.close()
    }
    const timer = setTimeout(() => end(false), ANSWER_DEADLINE_MS)
    socket.addEventListener('open', () => end(true), { once: true })
    socket.addEventListener('error', () => end(false), { once: true })
  })

const failureOf = async (url: string): Promise<string | null> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) })
    await response.body?.cancel()
    return response.ok ? null : `GET ${url} answers ${response.status}`
  } catch (error) {
    const { cause, message } = error as Error
    return (cause as NodeJS.ErrnoException | undefined)?.code ?? message
  }
}
