import { captureRejectionSymbol, EventEmitter } from 'node:events'
import type { WASocket } from '@whiskeysockets/baileys'
import { DisconnectError } from '../disconnect.ts'

const INTERNAL_ERROR = 500
const CONNECTION_CLOSED = 428

interface CapturingEmitter {
  [captureRejectionSymbol]?: (error: unknown) => void
}

/**
 * Symptom: a frame that cannot be decrypted, or an answer to a socket that just closed, ends the whole process and all
 * other sessions in it: the library's listeners are async and nobody awaits them. Node captures the rejections of an
 * emitter's listeners when asked while the emitter is made. A closed connection is expected; anything else ends this
 * connection only.
 */
export const withCapturedRejections = (make: () => WASocket, onRejection: (error: unknown) => void): WASocket => {
  const before = EventEmitter.captureRejections
  EventEmitter.captureRejections = true
  let socket: WASocket
  try {
    socket = make()
  } finally {
    EventEmitter.captureRejections = before
  }
  const handle = (error: unknown): void => {
    if ((error as { output?: { statusCode?: number } } | null)?.output?.statusCode === CONNECTION_CLOSED) return
    onRejection(error)
    void socket.end(new DisconnectError(INTERNAL_ERROR, 'Unexpected error', error))
  }
  ;(socket.ws as CapturingEmitter)[captureRejectionSymbol] = handle
  // the event buffer hides its emitter; what it captures comes out as an error event
  ;(socket.ev as unknown as EventEmitter).on('error', handle)
  return socket
}
