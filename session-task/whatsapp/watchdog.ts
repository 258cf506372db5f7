import type { WASocket } from '@whiskeysockets/baileys'
import type { Log } from '../../shared/log/log.ts'
import { DISCONNECT_MESSAGES, DisconnectError } from './disconnect.ts'
import { plainAckOf, type UnansweredStanza, type UnansweredStanzas } from './unanswered-stanzas.ts'

const CONNECTION_LOST = 408

export interface WatchdogLimits {
  /** a stanza without an answer: somebody should know */
  readonly alarmMs: number
  /** … and the connection is replaced, so that it comes again */
  readonly stuckMs: number
  /** events that the library holds back; it promises 30 s */
  readonly bufferingMs: number
  readonly intervalMs: number
}

export const WATCHDOG_LIMITS: WatchdogLimits = {
  alarmMs: 60_000,
  stuckMs: 300_000,
  bufferingMs: 90_000,
  intervalMs: 10_000,
}

/**
 * A connection can be open, answer pings and still hear nothing (baileys-facts §1.7): one stanza without an answer holds
 * back the whole queue, one event buffer every event. Such a connection is replaced. A stanza that got no answer from
 * two connections is given up: the session writes down that it is missing, then it is acked.
 * @param stuckBefore ids of stanzas that an earlier connection of this session was replaced for
 * @param giveUp appends what is known of the stanza before its ack
 * @returns stop
 */
export const watchConnection = (
  socket: Pick<WASocket, 'ev' | 'end' | 'sendNode'>,
  unanswered: UnansweredStanzas,
  input: {
    readonly stuckBefore: Set<string>
    readonly giveUp: (stuck: UnansweredStanza) => void
    readonly logger: Log
    readonly limits?: WatchdogLimits
  },
): (() => void) => {
  const { stuckBefore, giveUp, logger, limits = WATCHDOG_LIMITS } = input
  const alarmed = new Set<string>()
  let bufferingSince: number | null = null

  const replace = (message: string): void => {
    // The end takes a moment; another look would take the stanza for one that two connections could not answer.
    clearInterval(timer)
    logger.error({ reason: message }, 'the connection is deaf and is replaced')
    void socket.end(new DisconnectError(CONNECTION_LOST, message))
  }

  const checkStanza = (
    stuck: UnansweredStanza,
    stuckForGood: ReadonlySet<UnansweredStanza>,
    now: number,
  ): 'replace' | 'go on' => {
    const { tag, attrs } = stuck.stanza
    const name = `${tag} ${attrs.id}`
    if (!alarmed.has(name)) {
      alarmed.add(name)
      logger.error({ tag, type: attrs.type, ageMs: Math.round(now - stuck.since) }, 'a stanza has no answer')
    }
    if (!stuckForGood.has(stuck)) return 'go on'
    if (!stuckBefore.has(name)) {
      stuckBefore.add(name)
      return 'replace'
    }
    stuckBefore.delete(name)
    unanswered.answered(tag, attrs.id, now)
    giveUp(stuck)
    socket.sendNode(plainAckOf(stuck.stanza)).catch((error: unknown) => {
      logger.warn({ tag, error: String(error) }, 'a stanza that was given up could not be acked')
    })
    return 'go on'
  }

  // A busy session is found buffering at every look, but its events come out; a stalled one's do not.
  socket.ev.process(() => {
    bufferingSince = null
  })

  const check = (): void => {
    const now = performance.now()
    bufferingSince = socket.ev.isBuffering() ? (bufferingSince ?? now) : null
    const isStalled = bufferingSince !== null && now - bufferingSince >= limits.bufferingMs
    const stuckForGood = new Set(unanswered.stuckFor(limits.stuckMs, now))
    const answers = unanswered.stuckFor(limits.alarmMs, now).map((stuck) => checkStanza(stuck, stuckForGood, now))
    if (isStalled) replace(DISCONNECT_MESSAGES.bufferStalled)
    else if (answers.includes('replace')) replace(DISCONNECT_MESSAGES.stanzaStuck)
  }

  const timer = setInterval(check, limits.intervalMs)
  timer.unref()
  return () => clearInterval(timer)
}
