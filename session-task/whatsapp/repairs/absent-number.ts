import { USyncQuery, USyncUser, type WASocket } from '@whiskeysockets/baileys'
import { WhatsAppError } from '../errors.ts'

/**
 * Symptom: a message to a number that is not on WhatsApp is reported as sent: the library delivers it to our own phone
 * only and resolves (simulator-facts §4; https://github.com/nanocoai/nanoclaw/pull/3086 tells of the same). And the
 * question whether the number exists is answered with "no" when WhatsApp did not answer at all: `query` resolves with
 * undefined on a time-out (baileys-facts §1.6). So the number is asked for first, and silence is an error.
 * @param digits of the number in E.164
 * @returns who the number belongs to, null when WhatsApp says that nobody has it
 * @throws WhatsAppError timed_out
 */
export const findUserOfNumber = async (socket: Pick<WASocket, 'executeUSyncQuery'>, digits: string) => {
  const query = new USyncQuery()
    .withContactProtocol()
    .withLIDProtocol()
    .withUser(new USyncUser().withPhone(`+${digits}`))
  const result = await socket.executeUSyncQuery(query)
  if (!result) throw new WhatsAppError('timed_out', 'WhatsApp did not answer the look-up of a number')
  return result.list.find(({ contact }) => contact === true) ?? null
}
