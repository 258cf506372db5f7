import { Messages } from '../../shared/store/messages.ts'
import { messageProtoPlace } from '../../shared/store/places.ts'
import type { Address } from '../../shared/store/rows/message.ts'
import { openVote, readPollSecret } from '../whatsapp/content/open-vote.ts'
import type { SessionContext } from './session-context.ts'

/** Both addresses of a person, bare. */
const jidsOf = ({ phone, lid, jid }: Address): string[] => {
  const all = [phone ? `${phone.slice(1)}@s.whatsapp.net` : null, lid, jid]
  return [...new Set(all.filter((one) => one !== null))]
}

/** The options that a vote on a poll of this session chose; null: the poll's secret is not known, or it does not open. */
export const openBallot = async (
  { services, scope }: SessionContext,
  ballot: {
    readonly messageId: string
    readonly vote: { readonly payload: string; readonly iv: string }
    readonly voter: Address
    readonly own: Address
  },
): Promise<string[] | null> => {
  const row = await new Messages(services.tables, scope).get(ballot.messageId)
  if (row?.type !== 'poll' || !row.proto) return null
  const poll = readPollSecret(await services.tenantKeys.openRaw(scope, messageProtoPlace(row.id), row.proto))
  const creator = row.direction === 'outbound' ? ballot.own : row.from
  return (
    poll &&
    openVote(poll, {
      pollId: row.whatsappId,
      vote: ballot.vote,
      creatorJids: jidsOf(creator),
      voterJids: jidsOf(ballot.voter),
    })
  )
}
