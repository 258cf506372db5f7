/** Why the connection could not do what it was asked to. The caller decides by `code`, never by the text. */
export type WhatsAppErrorCode =
  /** the socket is not open, or closed while the call ran: the outcome is unknown */
  | 'connection_closed'
  /** the server did not answer in time; says nothing about the number */
  | 'timed_out'
  /** the server answered an IQ with an error; see waCode */
  | 'server_refused'
  /** too many questions in too short a time: nothing was decided, try again in a minute */
  | 'rate_limited'
  /** no device of the recipient is known: nothing was sent */
  | 'no_recipient_devices'
  /** the server calls a person by LID and number, and one of them is not known */
  | 'lid_unknown'
  /** the server refused the pairing code request */
  | 'pairing_code_refused'
  | 'invalid_phone'
  /** neither WhatsApp nor the sender's phone has the file any more */
  | 'media_gone'
  /** the file is not the one that the message names */
  | 'media_corrupt'
  | 'media_too_large'
  /** log-in was asked for, but the log holds no linked credentials */
  | 'not_linked'

export class WhatsAppError extends Error {
  readonly code: WhatsAppErrorCode
  readonly waCode: number | null

  constructor(code: WhatsAppErrorCode, message: string, waCode: number | null = null, options?: ErrorOptions) {
    super(message, options)
    this.name = 'WhatsAppError'
    this.code = code
    this.waCode = waCode
  }
}
