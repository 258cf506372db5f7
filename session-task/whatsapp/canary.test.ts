import type { WASocket } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { quietLog } from '../auth-log/testing/open-memory-log.ts'
import { keepCanary } from './canary.ts'
import { eventually } from './testing/open-test-session.ts'

const LIMITS = { intervalMs: 5, timeoutMs: 5, retryMs: 1 }

/** @param answers what the n-th question gets; the last one counts for all that follow */
const setUp = (answers: (() => Promise<unknown>)[]) => {
  const asked: unknown[] = []
  const ended: string[] = []
  const socket = {
    query: (node: unknown) => {
      asked.push(node)
      return (answers[Math.min(asked.length, answers.length) - 1] ?? answered)()
    },
    end: async (error: Error) => void ended.push(error.message),
  } as unknown as WASocket
  const canary = keepCanary(socket, quietLog, LIMITS, () => 0.5)
  canary.start()
  return { asked, ended, stop: canary.stop }
}
const answered = async () => ({ tag: 'iq', attrs: {} })
const refused = async () => Promise.reject(Object.assign(new Error('rate-overlimit'), { data: 429 }))
const timedOut = async () => undefined
const failed = async () => Promise.reject(new Error('Timed Out'))

describe('the canary of a connection', () => {
  it('leaves one alone that answers, be it with a refusal', async () => {
    const { asked, ended, stop } = setUp([answered, refused])
    await eventually(() => asked.length > 5)
    stop()
    expect(ended).toEqual([])
  })

  it('replaces one that leaves two questions in a row without an answer', async () => {
    for (const silence of [timedOut, failed]) {
      const { asked, ended, stop } = setUp([answered, silence])
      await eventually(() => ended.length > 0)
      stop()
      expect(ended).toEqual(['Canary not answered'])
      expect(asked).toHaveLength(3)
    }
  })

  it('forgives a single silence', async () => {
    const { asked, ended, stop } = setUp([timedOut, answered, timedOut, answered, timedOut, answered])
    await eventually(() => asked.length > 8)
    stop()
    expect(ended).toEqual([])
  })

  it('asks nothing after its connection closed', async () => {
    const { asked, stop } = setUp([answered])
    stop()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(asked).toEqual([])
  })
})
