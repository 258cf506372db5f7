import type { Phone } from '../store/phones.ts'
import { lidJid, phoneJid } from '../wire/jid.ts'
import type { World } from '../world.ts'
import { decodeMessage } from './content.ts'
import { findMessage } from './known-messages.ts'
import { openVote } from './poll.ts'
import { unwrap } from './stanza-shape.ts'

export type Poll = { name: string; options: string[]; secret: Uint8Array }

/** The poll in a message, with the secret its votes are sealed with; undefined if it is none. */
export function pollOf(plaintext: Uint8Array): Poll | undefined {
  const outer = decodeMessage(plaintext)
  const message = unwrap(outer)
  const poll = message.pollCreationMessage ?? message.pollCreationMessageV2 ?? message.pollCreationMessageV3
  const secret = (message.messageContextInfo ?? outer.messageContextInfo)?.messageSecret
  if (!poll || !secret) return undefined
  return { name: poll.name ?? '', options: (poll.options ?? []).map(({ optionName }) => optionName ?? ''), secret }
}

/** What `voter` voted, as `reader` sees it; undefined if the message is no vote, null if it cannot be opened. */
export function voteOf(
  world: World,
  reader: Phone,
  voter: Phone,
  plaintext: Uint8Array,
): { pollId: string; options: string[] } | null | undefined {
  const update = unwrap(decodeMessage(plaintext)).pollUpdateMessage
  const pollId = update?.pollCreationMessageKey?.id
  if (!update || !pollId) return undefined
  const message = findMessage(world, reader, pollId)
  const poll = message && pollOf(message.plaintext)
  const { encPayload, encIv } = update.vote ?? {}
  if (!message || !poll || !encPayload || !encIv) return null
  for (const creatorJid of addressesOf(message.author))
    for (const voterJid of addressesOf(voter)) {
      const ballot = { pollId, creatorJid, voterJid, secret: poll.secret }
      const options = openVote(ballot, { encPayload, encIv }, poll.options)
      if (options) return { pollId, options }
    }
  return null
}

function addressesOf({ phone, lid }: Phone): string[] {
  return [phoneJid(phone), lidJid(lid)]
}
