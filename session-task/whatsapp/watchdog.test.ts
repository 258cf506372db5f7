import { EventEmitter } from 'node:events'
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { quietLog } from '../auth-log/testing/open-memory-log.ts'
import { eventually } from './testing/open-test-session.ts'
import { openUnconnectedSocket } from './testing/unconnected-socket.ts'
import { answersIn, UnansweredStanzas, watchStanzas } from './unanswered-stanzas.ts'
import { type WatchdogLimits, watchConnection } from './watchdog.ts'

const store = { get: () => ({}), set: () => undefined }
const HOUR_MS = 3_600_000
const LIMITS: WatchdogLimits = { alarmMs: 0, stuckMs: 0, bufferingMs: HOUR_MS, intervalMs: 5 }
const message = (id: string): BinaryNode => ({ tag: 'message', attrs: { id, from: '888@lid', type: 'text', t: '1' } })

describe('answers to stanzas', () => {
  it('are seen, whatever the library answers with', async () => {
    const unanswered = new UnansweredStanzas()
    const { socket, close } = await openUnconnectedSocket(store, (fields) => {
      for (const { tag, id } of answersIn(fields)) unanswered.answered(tag, id, 0)
    })
    watchStanzas(socket.ws, unanswered)
    socket.ws.emit('CB:receipt', { tag: 'receipt', attrs: { id: 'R1', from: '888@lid', t: '1' } })
    socket.ws.emit('CB:notification', { tag: 'notification', attrs: { id: 'N1', from: '888@lid', type: 'x' } })
    // nothing in it that could be decrypted: the library asks the phone for it, and acks
    socket.ws.emit('CB:message', message('M1'))
    socket.ws.emit('CB:message', message('M2'))
    expect(unanswered.size).toBe(4)
    // a receipt answers several messages; the socket is not open, so that it goes no further
    await socket.sendReceipt('888@lid', undefined, ['M2', 'M3'], undefined).catch(() => undefined)
    await eventually(() => unanswered.size === 0)
    await close()
  })
})

describe('a queue of stanzas', () => {
  const stuck = (unanswered: UnansweredStanzas, now: number) =>
    unanswered.stuckFor(100, now).map(({ stanza }) => stanza.attrs.id)

  it('that moves on has nothing stuck in it, however long the last one waits for its turn', () => {
    const unanswered = new UnansweredStanzas()
    for (let n = 0; n < 50; n++) unanswered.received(message(`M${n}`), 0)
    for (let n = 0; n < 49; n++) {
      unanswered.answered('message', `M${n}`, n * 90)
      expect(stuck(unanswered, n * 90 + 90)).toEqual([])
    }
    expect(stuck(unanswered, 48 * 90 + 100)).toEqual(['M49'])
  })

  it('that passes one over has it stuck; live ones do not pass over those of the offline queue', () => {
    const unanswered = new UnansweredStanzas()
    const offline = (id: string) => ({ ...message(id), attrs: { ...message(id).attrs, offline: '1' } })
    for (const id of ['O1', 'O2', 'O3']) unanswered.received(offline(id), 0)
    for (const id of ['L1', 'L2']) unanswered.received(message(id), 0)
    unanswered.answered('message', 'O1', 90)
    unanswered.answered('message', 'L2', 90)
    expect(stuck(unanswered, 110)).toEqual(['L1'])
    unanswered.answered('message', 'O3', 120)
    expect(stuck(unanswered, 130)).toEqual(['O2', 'L1'])
  })
})

describe('the watchdog of a connection', () => {
  const setUp = (limits: WatchdogLimits, stuckBefore = new Set<string>()) => {
    const ended: string[] = []
    const sent: BinaryNode[] = []
    const gaveUp: (string | undefined)[] = []
    const events = { isBuffering: (): boolean => false }
    const emitter = new EventEmitter()
    const socket = {
      ev: {
        isBuffering: () => events.isBuffering(),
        process: (handle: () => void) => emitter.on('event', handle),
      },
      end: async (error: Error) => void ended.push(error.message),
      sendNode: async (node: BinaryNode) => void sent.push(node),
    } as unknown as WASocket
    const unanswered = new UnansweredStanzas()
    const giveUp = ({ stanza }: { stanza: BinaryNode }) => void gaveUp.push(stanza.attrs.id)
    const stop = watchConnection(socket, unanswered, { stuckBefore, giveUp, logger: quietLog, limits })
    return { ended, sent, gaveUp, events, emitter, unanswered, stop, stuckBefore }
  }

  it('replaces a connection with a stanza that gets no answer, so that it comes again', async () => {
    const { unanswered, ended, sent, stop } = setUp(LIMITS)
    unanswered.received(message('M1'), performance.now())
    await eventually(() => ended.length > 0)
    expect(ended[0]).toBe('Stanza not answered')
    expect(sent).toEqual([])
    stop()
  })

  it('gives up and acks what two connections could not answer: the queue behind it moves on', async () => {
    const first = setUp(LIMITS)
    first.unanswered.received(message('M1'), performance.now())
    await eventually(() => first.ended.length > 0)
    first.stop()
    const { unanswered, ended, sent, gaveUp, stop } = setUp(LIMITS, new Set(['message M1']))
    unanswered.received(message('M1'), performance.now())
    await eventually(() => sent.length > 0)
    expect(sent).toEqual([{ tag: 'ack', attrs: { id: 'M1', to: '888@lid', class: 'message' } }])
    expect([gaveUp, ended, unanswered.size]).toEqual([['M1'], [], 0])
    stop()
  })

  it('replaces a connection whose events stay in the buffer, not one that is only busy', async () => {
    const { events, emitter, ended, stop } = setUp({ ...LIMITS, bufferingMs: 50 })
    let looks = 0
    // found buffering at every look, but something came out since the last one
    events.isBuffering = () => {
      looks++
      emitter.emit('event')
      return true
    }
    await eventually(() => looks > 50)
    expect(ended).toEqual([])
    events.isBuffering = () => true
    await eventually(() => ended.length > 0)
    expect(ended[0]).toBe('Event buffer stalled')
    stop()
  })
})
