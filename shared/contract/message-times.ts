import * as z from 'zod'
import { SEND_AT_MAX_DAYS, WAIT_MAX_DAYS } from '../core/message-times.ts'

/** Times of a message as a client writes them: any offset, one moment. What the clock says of them is checked later. */
const timeInput = z.iso.datetime({ offset: true, error: 'Not an ISO 8601 time with Z or an offset' })

export const sendAtSchema = timeInput.meta({
  format: 'date-time',
  description: `Send not before this time, at most ${SEND_AT_MAX_DAYS} days ahead; until then the message is \`scheduled\` and can be canceled`,
})

export const expiresAtSchema = timeInput.meta({
  format: 'date-time',
  description: `If it has not left by then it ends \`failed\` with code \`expired\`; at most ${WAIT_MAX_DAYS} days after it may be sent. Default: 24 hours after it may be sent`,
})
