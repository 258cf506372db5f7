import type { SocketConfig } from '@whiskeysockets/baileys'
import type { Log } from '../../shared/log/log.ts'

type LibraryLog = SocketConfig['logger']

/** Phone numbers, LIDs and long base64 runs (keys, ciphertexts) never reach a log line. */
const scrub = (text: string): string =>
  text
    .replace(/\d{7,}/g, '[number]')
    .replace(/[A-Za-z0-9+/=]{40,}/g, '[bytes]')
    .slice(0, 300)

/** Text of an error for a log line, without what may identify a person or be a key. */
export const errorName = (error: unknown): string => scrub(error instanceof Error ? error.message : String(error))

const errorText = (fields: unknown): string | undefined => {
  if (typeof fields !== 'object' || fields === null) return undefined
  const { err, error, trace, reason } = fields as Record<string, unknown>
  const cause = err ?? error ?? reason ?? (typeof trace === 'string' ? trace.split('\n')[0] : undefined)
  if (cause === undefined) return undefined
  return scrub(cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : typeof cause)
}

/**
 * The library's warnings and errors as one line without its objects: it logs whole stanzas and key material. Nothing
 * below `warn`, and the level text keeps it from building trace output.
 * @param onDebug sees the fields of debug lines, which are not written: some say what the library tells nobody else
 */
export const makeLibraryLog = (log: Log, onDebug: (fields: unknown) => void = () => {}): LibraryLog => {
  const child = log.child({ library: 'baileys' })
  const write =
    (level: 'warn' | 'error') =>
    (fields: unknown, text?: string): void => {
      const message = typeof fields === 'string' ? fields : (text ?? '')
      child[level]({ cause: errorText(fields) }, scrub(message))
    }
  const ignore = (): void => {}
  const library: LibraryLog = {
    level: 'warn',
    child: () => library,
    trace: ignore,
    debug: onDebug,
    info: ignore,
    warn: write('warn'),
    error: write('error'),
  }
  return library
}
