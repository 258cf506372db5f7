import type { Target } from '../../../shared/core/operation-inputs.ts'
import type { Address } from '../../../shared/store/rows/message.ts'
import type { PersonAnswer } from '../../whatsapp/commands/types.ts'
import { addressOfTarget, type CommandContext } from './command-context.ts'

export type ParticipantAction = 'add' | 'remove' | 'promote' | 'demote' | 'approve' | 'reject'
type MemberAction = Exclude<ParticipantAction, 'approve' | 'reject'>

export interface ParticipantResult {
  readonly participant: Address
  readonly status: 'done' | 'unchanged' | 'needsInvite' | 'failed'
  readonly code: string | null
}

/** What the server says of one person: 403 and 408 only ever mean that they must come by themselves. */
const resultOf = (action: ParticipantAction, error: number | null): Pick<ParticipantResult, 'status' | 'code'> => {
  switch (error) {
    case null:
      return { status: 'done', code: null }
    case 403:
    case 408:
      return action === 'add' ? { status: 'needsInvite', code: null } : { status: 'failed', code: 'not_group_admin' }
    case 404:
      // Nobody waits (any more): somebody else may have answered.
      if (action === 'approve' || action === 'reject') return { status: 'unchanged', code: null }
      if (action === 'add') return { status: 'failed', code: 'recipient_not_on_whatsapp' }
      return action === 'remove' ? { status: 'unchanged', code: null } : { status: 'failed', code: 'not_group_member' }
    case 406:
      return { status: 'failed', code: 'group_owner' }
    case 409:
      return { status: 'unchanged', code: null }
    default:
      return { status: 'failed', code: 'whatsapp_rejected' }
  }
}

interface Found {
  readonly target: Target
  readonly jid: string
  readonly jids: readonly string[]
}

/** The people that a request names, by the addresses under which the server's answer may speak of them. */
export const findPeople = async (context: CommandContext, targets: readonly Target[]) => {
  const phones = targets.map(({ phone }) => phone).filter((phone) => phone !== null)
  const resolved = phones.length > 0 ? await context.commands.lookup(phones) : new Map()
  const present: Found[] = []
  for (const target of targets) {
    const known = target.phone === null ? null : resolved.get(target.phone)
    if (known?.exists === false) continue
    if (known) present.push({ target, jid: known.phoneJid, jids: [known.phoneJid, known.lid ?? '', known.jid] })
    else if (target.lid) present.push({ target, jid: target.lid, jids: [target.lid] })
  }
  /** One result per person, in the order in which they were named. */
  const resultsOf = (action: ParticipantAction, answers: readonly PersonAnswer[]): Promise<ParticipantResult[]> => {
    const outcomeOf = (target: Target): Pick<ParticipantResult, 'status' | 'code'> => {
      const found = present.find((person) => person.target === target)
      if (!found) return { status: 'failed', code: 'recipient_not_on_whatsapp' }
      const answer = answers.find(({ jids }) => jids.some((jid) => found.jids.includes(jid)))
      if (!answer && (action === 'approve' || action === 'reject')) return { status: 'unchanged', code: null }
      return answer ? resultOf(action, answer.error) : { status: 'failed', code: 'whatsapp_rejected' }
    }
    return Promise.all(
      targets.map(async (target) => ({
        participant: await addressOfTarget(context, target),
        ...outcomeOf(target),
      })),
    )
  }
  return { present, resultsOf }
}

export const changeEach = async (
  context: CommandContext,
  groupId: string,
  action: MemberAction,
  targets: readonly Target[],
): Promise<ParticipantResult[]> => {
  const people = await findPeople(context, targets)
  const jids = people.present.map(({ jid }) => jid)
  const answers = jids.length > 0 ? await context.commands.changeParticipants(groupId, action, jids) : []
  return people.resultsOf(action, answers)
}
