import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { proto } from '../wire/codec.ts'

/** Who made a poll, under which id, with which secret; and who votes. Addresses are without device. */
export type Ballot = { pollId: string; creatorJid: string; voterJid: string; secret: Uint8Array }

const TAG_BYTES = 16

/** Encrypts a vote for `options` (none: the vote is taken back). */
export function sealVote(ballot: Ballot, options: string[]): { encPayload: Buffer; encIv: Buffer } {
  const plain = proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(hashOption) }).finish()
  const encIv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyOf(ballot), encIv).setAAD(aadOf(ballot))
  return { encPayload: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]), encIv }
}

/** The chosen options, in the order of the poll; undefined if this ballot does not open the vote. */
export function openVote(
  ballot: Ballot,
  vote: { encPayload: Uint8Array; encIv: Uint8Array },
  options: string[],
): string[] | undefined {
  const sealed = Buffer.from(vote.encPayload)
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(ballot), vote.encIv).setAAD(aadOf(ballot))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    const plain = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
    const chosen = (proto.Message.PollVoteMessage.decode(plain).selectedOptions ?? []).map((hash) =>
      Buffer.from(hash).toString('hex'),
    )
    return options.filter((option) => chosen.includes(hashOption(option).toString('hex')))
  } catch {
    // Sealed for another pair of addresses: the caller tries the next.
    return undefined
  }
}

function hashOption(option: string): Buffer {
  return createHash('sha256').update(option).digest()
}

function keyOf({ pollId, creatorJid, voterJid, secret }: Ballot): Buffer {
  const use = Buffer.concat([Buffer.from(`${pollId}${creatorJid}${voterJid}Poll Vote`), Buffer.from([1])])
  const key = createHmac('sha256', Buffer.alloc(32)).update(secret).digest()
  return createHmac('sha256', key).update(use).digest()
}

function aadOf({ pollId, voterJid }: Ballot): Buffer {
  return Buffer.from(`${pollId}\u0000${voterJid}`)
}
