import { strict as assert } from 'node:assert'
import type { Traffic } from './episode.ts'
import type { Lane } from './lane.ts'

/**
 * Holds what the contacts, the wire and the tables say against the promises (invariants I1, I2, I5, I6, I7 of
 * docs/protocol.md; I3 and I4 show in them: a frame without its durable state leads to a chain counter used twice).
 */
export const checkHistory = async (lane: Lane, { accepted, texts }: Traffic): Promise<void> => {
  const { fleet, phone, sessionId } = lane
  for (const { row, to, body } of accepted) {
    const mine = (await fleet.simulator.wire(phone, row.whatsappId)).filter(
      ({ direction, tag }) => direction === 'in' && tag === 'message',
    )
    assert.ok(mine.length >= 1, `I1: no frame of ${row.id}`)
    assert.ok(mine.length <= 4, `I2: ${mine.length} frames of ${row.id}`)
    lane.tally.repeatedFrames += mine.length - 1
    const recipients = mine.flatMap((frame) => frame.recipients ?? [])
    for (const { decryptError, jid } of recipients)
      assert.equal(decryptError ?? null, null, `I5: ${jid} could not decrypt a frame of ${row.id}`)
    const contents = new Map<string, Set<string>>()
    for (const { jid, plaintextSha256 } of recipients) {
      if (plaintextSha256) contents.set(jid, (contents.get(jid) ?? new Set()).add(plaintextSha256))
    }
    for (const [jid, hashes] of contents)
      assert.equal(hashes.size, 1, `I2: other bytes for ${jid} under the id of ${row.id}`)
    const inbox = (await fleet.simulator.inbox(to, row.whatsappId)).filter(
      ({ whatsappId }) => whatsappId === row.whatsappId,
    )
    assert.ok(inbox.length >= 1, `I1: the contact never got ${row.id}`)
    for (const { text } of inbox) assert.equal(text, body, `I2: the contact got another text for ${row.id}`)
  }
  const events = await fleet.readEvents(sessionId, lane.checkedUpTo)
  assert.deepEqual(
    events.map(({ sequence }) => sequence),
    events.map((_, index) => lane.checkedUpTo + index + 1),
    'I7: a gap or a repeat in the sequence',
  )
  for (const [whatsappId, text] of texts) {
    const mine = events.filter(
      ({ type, data }) => type === 'message.received' && data.message?.whatsappId === whatsappId,
    )
    assert.equal(mine.length, 1, `I6: ${mine.length} events of the text ${whatsappId}`)
    assert.equal(mine[0]?.data.message?.text?.body, text, `I6: another text in the event of ${whatsappId}`)
  }
  for (const { row } of accepted)
    for (const type of ['message.sent', 'message.delivered', 'message.failed']) {
      const mine = events.filter((event) => event.type === type && event.data.message?.id === row.id)
      assert.ok(mine.length <= (type === 'message.failed' ? 0 : 1), `I6: ${mine.length} × ${type} of ${row.id}`)
    }
  assert.equal(lane.qrs, 0, 'I9: a QR was shown again')
  lane.checkedUpTo += events.length
}
