import type { Group, Member } from '../../store/groups.ts'
import { membersOf } from '../../store/groups.ts'
import { type Phone, phoneById } from '../../store/phones.ts'
import type { Stanza } from '../../wire/codec.ts'
import { lidJid, phoneJid } from '../../wire/jid.ts'
import { element } from '../../wire/stanza.ts'
import type { World } from '../../world.ts'

type Address = { phone: string; lid: string }

/** How a member is addressed in a chat of this mode. */
export function memberJid(addressing: 'pn' | 'lid', { phone, lid }: Address, device = 0): string {
  return addressing === 'lid' ? lidJid(lid, device) : phoneJid(phone, device)
}

/** The attribute that carries the member's other address: `<name>_pn` in LID mode, `<name>_lid` in PN mode. */
export function otherAddress(name: string, addressing: 'pn' | 'lid', { phone, lid }: Address): Record<string, string> {
  return addressing === 'lid' ? { [`${name}_pn`]: phoneJid(phone) } : { [`${name}_lid`]: lidJid(lid) }
}

export function participantStanza(
  addressing: 'pn' | 'lid',
  person: Address & { role?: string },
  error?: string,
): Stanza {
  const other: Record<string, string> =
    addressing === 'lid' ? { phone_number: phoneJid(person.phone) } : { lid: lidJid(person.lid) }
  const attrs: Record<string, string> = { jid: memberJid(addressing, person), ...other }
  if (person.role) attrs.type = person.role
  if (error) attrs.error = error
  return element('participant', attrs)
}

/** `<group>` as rc14's extractGroupMetadata reads it. */
export function groupStanza({ database }: World, group: Group, extra: Stanza[] = []): Stanza {
  const members: Member[] = membersOf(database, group.id)
  const { addressing } = group
  const by = (name: string, phone: Phone | undefined): Record<string, string> =>
    phone
      ? {
          [name]: memberJid(addressing, phone),
          ...(addressing === 'lid' ? { [`${name}_pn`]: phoneJid(phone.phone) } : {}),
        }
      : {}
  const attrs = {
    id: group.jid.replace('@g.us', ''),
    subject: group.subject,
    s_t: epoch(group.subjectAt),
    ...by('s_o', group.subjectBy === null ? undefined : phoneById(database, group.subjectBy)),
    creation: epoch(group.createdAt),
    ...by('creator', phoneById(database, group.creatorId)),
    size: String(members.length),
    addressing_mode: addressing,
  }
  const content = [...members.map((member) => participantStanza(addressing, member)), ...extra]
  if (group.description !== null) {
    const author = group.descriptionBy === null ? undefined : phoneById(database, group.descriptionBy)
    const about = { id: group.descriptionId ?? '', t: epoch(group.descriptionAt ?? 0), ...by('participant', author) }
    content.push(element('description', about, [element('body', {}, Buffer.from(group.description))]))
  }
  if (group.announce) content.push(element('announcement'))
  if (group.locked) content.push(element('locked'))
  if (group.ephemeral) content.push(element('ephemeral', { expiration: String(group.ephemeral) }))
  if (group.joinApproval)
    content.push(element('membership_approval_mode', {}, [element('group_join', { state: 'on' })]))
  content.push(element('member_add_mode', {}, Buffer.from(group.allMemberAdd ? 'all_member_add' : 'admin_add')))
  return element('group', attrs, content)
}

function epoch(milliseconds: number): string {
  return String(Math.floor(milliseconds / 1000))
}
