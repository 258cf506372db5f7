import { describe, expect, it } from 'vitest'
import { BoundedCache } from './bounded-cache.ts'
import { DisconnectError, describeDisconnect } from './disconnect.ts'
import { decodeBytes, encodeBytes } from './json-bytes.ts'
import { KeyedLock } from './keyed-lock.ts'
import { phoneDigits } from './linking.ts'

describe('BoundedCache', () => {
  it('forgets the oldest above its limit, and everything after its time', () => {
    let now = 0
    const cache = new BoundedCache(2, 100, () => now)
    for (const key of ['a', 'b', 'c']) cache.set(key, key)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, 'b', 'c'])
    now = 100
    expect(cache.get('c')).toBeUndefined()
  })
})

describe('JSON bytes', () => {
  it('survive a JSON round trip as Buffers, at every depth', () => {
    const value = { key: new Uint8Array([1, 2, 255]), list: [Buffer.from('x')], text: 'x', none: null, gone: undefined }
    const back = decodeBytes(JSON.parse(JSON.stringify(encodeBytes(value))))
    expect(back).toEqual({ key: Buffer.from([1, 2, 255]), list: [Buffer.from('x')], text: 'x', none: null })
  })
})

describe('KeyedLock', () => {
  it('runs callers with a common name one after the other, whatever the order of the names', async () => {
    const locks = new KeyedLock()
    const order: string[] = []
    const work = (name: string) => async () => {
      order.push(`${name} in`)
      await Promise.resolve()
      await Promise.resolve()
      order.push(`${name} out`)
    }
    await Promise.all([
      locks.run(['a', 'b'], work('one')),
      locks.run(['b', 'a'], work('two')),
      locks.run(['b', 'c'], work('three')),
    ])
    for (const name of ['one', 'two', 'three']) {
      expect(order.indexOf(`${name} out`)).toBe(order.indexOf(`${name} in`) + 1)
    }
    expect(locks.size).toBe(0)
  })

  it('releases after a failure', async () => {
    const locks = new KeyedLock()
    await expect(locks.run(['a'], () => Promise.reject(new Error('x')))).rejects.toThrow('x')
    expect(await locks.run(['a'], async () => 'free')).toBe('free')
  })
})

describe('describeDisconnect', () => {
  it('keeps names and attributes, never contents or stacks', () => {
    const node = { tag: 'conflict', attrs: { type: 'replaced' }, content: Buffer.from('secret') }
    expect(describeDisconnect(new DisconnectError(440, 'Stream Errored (conflict)', node))).toEqual({
      code: 440,
      message: 'Stream Errored (conflict)',
      data: { tag: 'conflict', attributes: { type: 'replaced' } },
    })
    expect(describeDisconnect(new DisconnectError(402, 'Connection Failure', { expire: '60' })).data).toEqual({
      attributes: { expire: '60' },
    })
    expect(describeDisconnect(new DisconnectError(408, 'WebSocket Error ()', new Error('ECONNREFUSED'))).data).toEqual({
      error: 'ECONNREFUSED',
    })
    expect(describeDisconnect(undefined)).toEqual({ code: 0, message: 'Closed' })
    expect(describeDisconnect(new Error('odd'))).toEqual({ code: 500, message: 'odd' })
  })
})

describe('phoneDigits', () => {
  it('takes E.164 with or without the plus, and nothing else', () => {
    expect(phoneDigits('+5511988887777')).toBe('5511988887777')
    expect(phoneDigits('5511988887777')).toBe('5511988887777')
    for (const bad of ['', '+', '+0511988887777', '+55 11 98888-7777', '911', '1'.repeat(16), '888@lid']) {
      expect(() => phoneDigits(bad)).toThrow('E.164')
    }
  })
})
