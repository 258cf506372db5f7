import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../random.ts'
import type { RunReport } from '../report.ts'
import { type ProcessFleet, type ProcessSession, patiently } from './process-fleet.ts'

const MESSAGES = 8
const TEXTS = 4
const UNDER_WAY = 6

export interface ProcessTraffic {
  /** messages of all sessions without an end, now */
  openCount(): Promise<number>
  /** some messages are accepted, most are not yet */
  readonly underWay: Promise<void>
  readonly finished: Promise<void>
}

/** Messages both ways on every session, side by side, while a worker is stopped. */
export const startProcessTraffic = (
  fleet: ProcessFleet,
  report: RunReport,
  seed: number,
  random: Random,
): ProcessTraffic => {
  const underWay = Promise.withResolvers<void>()
  let accepted = 0
  const onAccepted = () => {
    report.messagesOut++
    if (++accepted === UNDER_WAY) underWay.resolve()
  }
  const all = fleet.sessions.flatMap((session, index) => [
    ...Array.from({ length: MESSAGES }, (_, number) =>
      sendLater(fleet, onAccepted, session, {
        body: `${seed}-${index}-${number}`,
        isGroup: number % 4 === 3,
        seed,
        afterMs: random.between(0, 300),
      }),
    ),
    writeTexts(fleet, report, session, underWay.promise, {
      texts: Array.from({ length: TEXTS }, (_, number) => `in ${seed}-${index}-${number}`),
      seed,
      gapMs: random.between(10, 120),
    }),
  ])
  return {
    openCount: async () => {
      const open = await Promise.all(
        fleet.sessions.map(({ sessionId }) => fleet.stores.messages.listOpen(sessionId, { limit: 100 })),
      )
      return open.reduce((sum, { rows }) => sum + rows.length, 0)
    },
    underWay: underWay.promise,
    finished: Promise.all(all).then(() => undefined),
  }
}

const sendLater = async (
  { api }: ProcessFleet,
  onAccepted: () => void,
  { sessionId, contact, group, sent }: ProcessSession,
  { body, isGroup, seed, afterMs }: { body: string; isGroup: boolean; seed: number; afterMs: number },
): Promise<void> => {
  await sleep(afterMs)
  const message = await patiently(() =>
    api.post(
      '/v1/messages',
      { sessionId, to: isGroup ? group : `+${contact}`, type: 'text', text: { body } },
      { 'idempotency-key': `chaos-${body}` },
    ),
  )
  sent.set(message.id, { id: message.id, whatsappId: message.whatsappId, body, retry: 'standard', isGroup, seed })
  onAccepted()
}

const writeTexts = async (
  { simulator }: ProcessFleet,
  report: RunReport,
  { contact, phone, group, received }: ProcessSession,
  underWay: Promise<void>,
  { texts, seed, gapMs }: { texts: readonly string[]; seed: number; gapMs: number },
): Promise<void> => {
  for (const [index, text] of texts.entries()) {
    // Some come in before the worker is armed, the others after.
    if (index === TEXTS / 2) await underWay
    await sleep(gapMs)
    const { whatsappId } = await simulator.send(contact, index % 2 ? group : phone, text)
    received.set(whatsappId, { text, seed })
    report.messagesIn++
  }
}
