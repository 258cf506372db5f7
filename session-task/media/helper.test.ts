import { EventEmitter, once } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { Helper, type HelperChannel, type HelperLimits, type StartChannel } from './helper.ts'

type Jobs = { readonly work: { readonly input: { readonly name: string }; readonly output: string } }
const LIMITS: HelperLimits = { concurrency: 1, queueLimit: 2, timeoutMs: 60_000, idleMs: 60_000 }

/** A helper that does nothing by itself: the test answers and ends it. */
const puppets = () => {
  const started: {
    posted: { id: number; input: { name: string } }[]
    killed: boolean
    answer: (index: number, result: string) => void
    end: () => void
  }[] = []
  const start: StartChannel = ({ onMessage, onEnd }): HelperChannel => {
    const posted: { id: number; input: { name: string } }[] = []
    const puppet = {
      posted,
      killed: false,
      answer: (index: number, result: string) => onMessage({ id: posted[index]?.id ?? 0, result }),
      end: () => onEnd('killed by the test'),
    }
    started.push(puppet)
    return {
      post: (message) => void posted.push(message as (typeof posted)[number]),
      hold: () => {},
      kill: () => void (puppet.killed = true),
    }
  }
  return { started, start }
}

describe('a helper', () => {
  test('is not started before there is work, and given as many jobs as it takes', async () => {
    const { started, start } = puppets()
    const helper = new Helper<Jobs>(start, LIMITS)
    expect(started).toHaveLength(0)
    const [first, second] = [helper.run('work', { name: 'a' }), helper.run('work', { name: 'b' })]
    expect(started[0]?.posted.map(({ input }) => input.name)).toEqual(['a'])
    started[0]?.answer(0, 'A')
    await expect(first).resolves.toBe('A')
    started[0]?.answer(1, 'B')
    await expect(second).resolves.toBe('B')
    expect(started).toHaveLength(1)
    helper.stop()
  })

  test('refuses what would wait too long', async () => {
    const { start } = puppets()
    const helper = new Helper<Jobs>(start, LIMITS)
    const waiting = ['a', 'b', 'c'].map((name) => helper.run('work', { name }))
    await expect(helper.run('work', { name: 'd' })).rejects.toMatchObject({ code: 'busy' })
    helper.stop()
    for (const job of waiting) await expect(job).rejects.toMatchObject({ code: 'stopped' })
  })

  test('fails only the job under which it ends, and is started anew for the next', async () => {
    const { started, start } = puppets()
    const helper = new Helper<Jobs>(start, LIMITS)
    const [deadly, next] = [helper.run('work', { name: 'deadly' }), helper.run('work', { name: 'next' })]
    started[0]?.end()
    await expect(deadly).rejects.toMatchObject({ code: 'crashed' })
    expect(started[1]?.posted.map(({ input }) => input.name)).toEqual(['next'])
    started[0]?.answer(0, 'from the grave')
    started[1]?.answer(0, 'well')
    await expect(next).resolves.toBe('well')
    helper.stop()
  })

  test('is ended when a job takes too long, and when it has nothing to do', async () => {
    vi.useFakeTimers()
    try {
      const { started, start } = puppets()
      const helper = new Helper<Jobs>(start, LIMITS)
      const late = helper.run('work', { name: 'late' })
      const rejected = expect(late).rejects.toMatchObject({ code: 'timed_out' })
      await vi.advanceTimersByTimeAsync(LIMITS.timeoutMs)
      await rejected
      expect(started[0]?.killed).toBe(true)
      const good = helper.run('work', { name: 'good' })
      started[1]?.answer(0, 'done')
      await good
      expect(started[1]?.killed).toBe(false)
      await vi.advanceTimersByTimeAsync(LIMITS.idleMs)
      expect(started[1]?.killed).toBe(true)
      void helper.run('work', { name: 'later' }).catch(() => {})
      expect(started).toHaveLength(3)
      helper.stop()
    } finally {
      vi.useRealTimers()
    }
  })
})

test('what cannot be started fails its job', async () => {
  const heard = new EventEmitter()
  const helper = new Helper<Jobs>(({ onEnd }) => {
    setImmediate(() => {
      onEnd('no such file')
      heard.emit('ended')
    })
    return { post: () => {}, hold: () => {}, kill: () => {} }
  }, LIMITS)
  const job = helper.run('work', { name: 'a' })
  const rejected = expect(job).rejects.toMatchObject({
    code: 'crashed',
    message: expect.stringContaining('no such file'),
  })
  await once(heard, 'ended')
  await rejected
  helper.stop()
})
