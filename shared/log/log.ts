import { createHmac } from 'node:crypto'
import pino from 'pino'

export type Log = pino.Logger

/** Fields that must never reach a log, wherever they appear in the first three levels. */
const SECRET_FIELDS = ['key', 'secret', 'token', 'authorization', 'privKey', 'private', 'creds', 'text', 'body', 'qr']

/** Through the stream, not the file descriptor: a lambda that runs as a thread must not write around its parent. */
const destination = { write: (line: string) => void process.stdout.write(line) }

/** One flat JSON line per unit of work on stdout. No message text, no phone number in clear: use `phoneTag`. */
export const makeLog = (component: string, level = process.env.LOG_LEVEL || 'info'): Log =>
  pino(
    {
      base: { component },
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[redacted]' },
    },
    destination,
  )

/** Keyed hash of a phone number or jid for logs: equal numbers give equal tags within one deployment. */
export const phoneTag = (number: string, pepper = process.env.FLEETLINE_CELL ?? ''): string =>
  createHmac('sha256', `phone-tag:${pepper}`).update(number).digest('hex').slice(0, 12)
