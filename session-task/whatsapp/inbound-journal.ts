import type { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { ConnectionEvents } from './connection.ts'
import { describeNotification } from './notification.ts'
import { missingContentOf, undecryptedRecordOf } from './undecrypted.ts'

/** Most senders answer a retry receipt within seconds; a phone that is asked for a copy may take minutes. */
const REPORT_AFTER_MS = 5 * 60_000
const CHECKS_PER_WAIT = 20

/**
 * Appends what a stanza says before the library sees it, so that its ack waits for the record: the server never sends
 * again what was acked.
 * @param frames the library's frame emitter; our listeners run before its own
 * @param journal runs what appends; it ends the connection when that throws, so that the stanza comes again
 */
export const journalStanzas = (
  frames: EventEmitter,
  log: SessionLog,
  events: Pick<ConnectionEvents, 'onNotification' | 'onCall'>,
  journal: (append: () => void) => void,
): void => {
  frames.prependListener('CB:notification', (stanza: BinaryNode) => {
    journal(() => {
      log.append(events.onNotification?.(describeNotification(stanza)) ?? [])
    })
  })
  frames.prependListener('CB:call', (stanza: BinaryNode) => {
    journal(() => {
      log.append(events.onCall?.(describeNotification(stanza)) ?? [])
    })
  })
  frames.prependListener('CB:message', (stanza: BinaryNode) => {
    const reason = missingContentOf(stanza)
    const record = reason && undecryptedRecordOf(stanza, reason, log.state, Date.now())
    if (record) journal(() => log.append([record]))
  })
}

/**
 * Tells the session of messages whose content did not come in time, once each, as long as the connection lives; what an
 * earlier connection left waiting is told by the next.
 * @returns stop
 */
export const reportUndecryptable = (
  log: SessionLog,
  events: Pick<ConnectionEvents, 'onUndecryptable'>,
  journal: (append: () => void) => void,
  afterMs: number = REPORT_AFTER_MS,
): (() => void) => {
  const check = (): void => {
    const due = log.state.undecrypted().filter(({ at, messageId }) => messageId === null && at <= Date.now() - afterMs)
    for (const waiting of due)
      journal(() => {
        const record = events.onUndecryptable?.(waiting)
        if (record) log.append([record])
      })
  }
  const timer = setInterval(check, Math.ceil(afterMs / CHECKS_PER_WAIT))
  timer.unref()
  return () => clearInterval(timer)
}

/** A message that no connection got an answer out for is missed from now on; anything else is nothing to miss. */
export const giveUp = (log: SessionLog, stanza: BinaryNode): void => {
  const record = stanza.tag === 'message' ? undecryptedRecordOf(stanza, 'other', log.state, Date.now()) : null
  if (record) log.append([record])
}
