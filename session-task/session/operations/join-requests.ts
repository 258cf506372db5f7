import type { OperationInputs } from '../../../shared/core/operation-inputs.ts'
import { addressOfJid, type CommandContext } from './command-context.ts'
import { findPeople } from './group-people.ts'
import { explained, type ResultOf } from './groups.ts'

export const listGroupJoinRequests = (
  context: CommandContext,
  { groupId }: OperationInputs['listGroupJoinRequests'],
): Promise<ResultOf<'listGroupJoinRequests'>> =>
  explained(context, groupId, async () => {
    const requests = await context.commands.joinRequests(groupId)
    return {
      data: await Promise.all(
        requests.map(async (request) => ({
          participant: await addressOfJid(context, request.jid, request),
          method: request.method,
          requestedAt: request.requestedAt === null ? null : new Date(request.requestedAt).toISOString(),
        })),
      ),
    }
  })

/** Somebody who did not ask, or was answered before, stays as they are. */
export const decideGroupJoinRequests = (
  context: CommandContext,
  { groupId, action, participants }: OperationInputs['decideGroupJoinRequests'],
): Promise<ResultOf<'decideGroupJoinRequests'>> =>
  explained(context, groupId, async () => {
    const people = await findPeople(context, participants)
    // They are named as they asked: in a group by LID a request by number is nobody's.
    const asked = people.present.length > 0 ? await context.commands.joinRequests(groupId) : []
    const jids = people.present.flatMap(({ jids }) =>
      asked.filter(({ jid }) => jids.includes(jid)).map(({ jid }) => jid),
    )
    const answers = jids.length > 0 ? await context.commands.decideJoinRequests(groupId, action, jids) : []
    return { groupId, action, results: await people.resultsOf(action, answers) }
  })
