import type { Failure } from '../../../shared/store/rows/message.ts'
import { WhatsAppError } from '../../whatsapp/errors.ts'

/** A command that ends failed, with what its tenant is told. Codes are those of the API (shared/core/fault.ts). */
export class CommandFailure extends Error {
  readonly failure: Failure

  constructor(code: string, message: string, retryable = false) {
    super(`${code}: ${message}`)
    this.name = 'CommandFailure'
    this.failure = { code, message, retryable }
  }
}

export const notOnWhatsApp = (): CommandFailure =>
  new CommandFailure('recipient_not_on_whatsapp', 'The person is not on WhatsApp.')

export const UNKNOWN_OUTCOME: Failure = {
  code: 'outcome_unknown',
  message: 'It was handed to WhatsApp, which never confirmed it: it may have happened. Look before you repeat it.',
  retryable: false,
}
export const EXPIRED: Failure = {
  code: 'operation_expired',
  message: 'The session was not connected in time; nothing was done.',
  retryable: true,
}
export const TOO_NEW: Failure = {
  code: 'unavailable',
  message: 'The worker of this session does not know this command yet; try again after the rollout.',
  retryable: true,
}

/** How a command ends whose carrying out threw this; null: that decides nothing, it is tried again. */
export const failureOf = (error: unknown): Failure | 'noAnswer' | null => {
  if (error instanceof CommandFailure) return error.failure
  if (!(error instanceof WhatsAppError)) return null
  switch (error.code) {
    case 'timed_out':
    case 'connection_closed':
      return 'noAnswer'
    case 'rate_limited':
      return {
        code: 'whatsapp_rate_limited',
        message: 'WhatsApp takes no more questions from this number now; try again in a minute.',
        retryable: true,
      }
    case 'lid_unknown':
      return new CommandFailure('whatsapp_rejected', 'WhatsApp has not told number and LID of this person.').failure
    default:
      return new CommandFailure(
        'whatsapp_rejected',
        error.waCode === null ? 'WhatsApp refused it.' : `WhatsApp refused it (code ${error.waCode}).`,
      ).failure
  }
}

export const TIMED_OUT: Failure = {
  code: 'whatsapp_timeout',
  message: 'WhatsApp did not answer in time.',
  retryable: true,
}
