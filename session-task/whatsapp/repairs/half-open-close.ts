const CLOSE_TIMEOUT_MS = 2_000

interface ClosableSocket {
  close(code?: number, reason?: string | Buffer): void
  terminate(): void
  once(event: 'close', listener: () => void): unknown
}

/**
 * Symptom: after "connection lost" the close is reported 30 seconds late, because `end()` waits for the closing
 * handshake of a peer that is gone.
 */
export const terminateHalfOpen = (raw: ClosableSocket, timeoutMs: number = CLOSE_TIMEOUT_MS): void => {
  const close = raw.close.bind(raw)
  raw.close = (code, reason) => {
    const timer = setTimeout(() => raw.terminate(), timeoutMs)
    raw.once('close', () => clearTimeout(timer))
    close(code, reason)
  }
}
