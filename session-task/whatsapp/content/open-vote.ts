import { createHash } from 'node:crypto'
import { decryptPollVote, proto } from '@whiskeysockets/baileys'

/** A poll as its message says it, with the secret that its votes are sealed with. */
export interface PollSecret {
  readonly options: readonly string[]
  readonly secret: Uint8Array
}

/** @param bytes of the message that made the poll; null: it is none, or it has no secret */
export const readPollSecret = (bytes: Uint8Array): PollSecret | null => {
  const outer = proto.Message.decode(bytes)
  const message = outer.ephemeralMessage?.message ?? outer
  const poll =
    message.pollCreationMessage ??
    message.pollCreationMessageV2 ??
    message.pollCreationMessageV3 ??
    message.pollCreationMessageV5
  const secret = (message.messageContextInfo ?? outer.messageContextInfo)?.messageSecret
  if (!poll || !secret?.length) return null
  return { options: (poll.options ?? []).map(({ optionName }) => optionName ?? ''), secret }
}

/**
 * Which options a vote chose. Creator and voter are part of what it is sealed with, and nobody says which of their two
 * addresses was used, so that all are tried (baileys-facts §3).
 * @returns null when it does not open
 */
export const openVote = (
  poll: PollSecret,
  input: {
    readonly pollId: string
    readonly vote: { readonly payload: string; readonly iv: string }
    /** bare jids, phone and LID */
    readonly creatorJids: readonly string[]
    readonly voterJids: readonly string[]
  },
): string[] | null => {
  const sealed = { encPayload: Buffer.from(input.vote.payload, 'base64'), encIv: Buffer.from(input.vote.iv, 'base64') }
  for (const pollCreatorJid of input.creatorJids)
    for (const voterJid of input.voterJids) {
      const chosen = tryOpen(sealed, { pollCreatorJid, pollMsgId: input.pollId, pollEncKey: poll.secret, voterJid })
      if (chosen) return poll.options.filter((option) => chosen.has(hashOf(Buffer.from(option))))
    }
  return null
}

const tryOpen = (
  sealed: { encPayload: Uint8Array; encIv: Uint8Array },
  keys: Parameters<typeof decryptPollVote>[1],
): ReadonlySet<string> | null => {
  try {
    const { selectedOptions } = decryptPollVote(sealed, keys)
    return new Set((selectedOptions ?? []).map((hash) => Buffer.from(hash).toString('hex')))
  } catch {
    // sealed with another pair of addresses: the authentication tag does not fit
    return null
  }
}

const hashOf = (option: Uint8Array): string => createHash('sha256').update(option).digest('hex')
