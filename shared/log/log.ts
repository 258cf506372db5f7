import { createHmac } from 'node:crypto'

interface WriteLine {
  (fields: object, message?: string): void
  (message: string): void
}

/** What a unit of work writes to. Any pino logger is one too: the session library brings its own. */
export interface Log {
  readonly child: (fields: Record<string, unknown>) => Log
  readonly trace: WriteLine
  readonly debug: WriteLine
  readonly info: WriteLine
  readonly warn: WriteLine
  readonly error: WriteLine
  readonly fatal: WriteLine
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
type Level = (typeof LEVELS)[number]

/** Fields that must never reach a log, at whatever depth they appear. */
const SECRET_FIELDS = new Set(
  ['key', 'secret', 'token', 'authorization', 'privKey', 'private', 'creds', 'text', 'body', 'qr'], //
)

/** An error's own fields stay out: SDK errors carry whole answers. */
const describeError = (error: Error): object => ({
  type: error.name,
  message: error.message,
  code: (error as NodeJS.ErrnoException).code,
  stack: error.stack,
  cause: error.cause,
})

const writable = (name: string, value: unknown): unknown => {
  if (SECRET_FIELDS.has(name) && value !== undefined && value !== null) return '[redacted]'
  if (typeof value === 'bigint') return String(value)
  return value instanceof Error ? describeError(value) : value
}

/** A line must never be the reason that work fails: what JSON cannot say (a circle) leaves the line without its fields. */
const lineOf = (fixed: object, fields: object, message: string | undefined): string => {
  const end = message === undefined ? {} : { msg: message }
  try {
    return JSON.stringify({ ...fixed, ...fields, ...end }, writable)
  } catch (error) {
    return JSON.stringify({ ...fixed, ...end, unwritable: String(error) })
  }
}

/** Through the stream, not the file descriptor: a lambda that runs as a thread must not write around its parent. */
const toStdout = (line: string): void => void process.stdout.write(line)

/**
 * One flat JSON line per unit of work on stdout. No message text, no phone number in clear: use `phoneTag`.
 * Our own and not pino: pino with its threads and file writer is 64 KiB of every lambda, used for nothing there.
 * @param level lines below it are not written; 'silent' writes none
 */
export const makeLog = (
  component: string,
  level: string = process.env.LOG_LEVEL || 'info',
  write: (line: string) => void = toStdout,
): Log => {
  const lowest = level === 'silent' ? LEVELS.length : Math.max(0, LEVELS.indexOf(level as Level))
  const build = (bound: object): Log => {
    const writerOf = (name: Level): WriteLine =>
      LEVELS.indexOf(name) < lowest
        ? () => undefined
        : (first: object | string, message?: string) => {
            const [fields, text] = typeof first === 'string' ? [{}, first] : [first, message]
            const fixed = { level: name, time: new Date().toISOString(), component, ...bound }
            write(`${lineOf(fixed, fields instanceof Error ? { err: fields } : fields, text)}\n`)
          }
    return {
      child: (fields) => build({ ...bound, ...fields }),
      trace: writerOf('trace'),
      debug: writerOf('debug'),
      info: writerOf('info'),
      warn: writerOf('warn'),
      error: writerOf('error'),
      fatal: writerOf('fatal'),
    }
  }
  return build({})
}

/** Keyed hash of a phone number or jid for logs: equal numbers give equal tags within one deployment. */
export const phoneTag = (number: string, pepper = process.env.FLEETLINE_CELL ?? ''): string =>
  createHmac('sha256', `phone-tag:${pepper}`).update(number).digest('hex').slice(0, 12)
