import { describe, expect, it } from 'vitest'
import { parseReceipt, parseServerAck } from './stanza-events.ts'

const OWN = new Set(['5511900000001', '9911'])
const receipt = (attrs: Record<string, string>, content?: { tag: string; attrs: Record<string, string> }[]) =>
  parseReceipt(
    { tag: 'receipt', attrs: { id: 'A1', from: '888@lid', t: '7', ...attrs }, ...(content ? { content } : {}) },
    OWN,
    1,
  )

describe('receipts', () => {
  it.each([
    [{}, 'delivered'],
    [{ type: '' }, 'delivered'],
    [{ type: 'read' }, 'read'],
    [{ type: 'played' }, 'played'],
  ])('%o is %s', (attrs, kind) => {
    expect(receipt(attrs as Record<string, string>)).toEqual({ whatsappIds: ['A1'], kind, from: '888@lid', at: 7_000 })
  })

  it.each(['sender', 'read-self', 'retry', 'inactive', 'server-error'])('%s says nothing about the peer', (type) => {
    expect(receipt({ type })).toBeNull()
  })

  it.each(['5511900000001:0@s.whatsapp.net', '9911:3@lid'])('%s is ourselves', (from) => {
    expect(receipt({ from })).toBeNull()
    expect(receipt({ from: '1@g.us', participant: from })).toBeNull()
  })

  it('lists every message once, and names the participant of a group', () => {
    const list = { tag: 'list', attrs: {}, content: ['A1', 'A2', 'A3'].map((id) => ({ tag: 'item', attrs: { id } })) }
    expect(receipt({ from: '1@g.us', participant: '888@lid' }, [list])).toMatchObject({
      whatsappIds: ['A1', 'A2', 'A3'],
      from: '888@lid',
    })
  })
})

describe('server acks', () => {
  const ack = (attrs: Record<string, string>) => parseServerAck({ tag: 'ack', attrs }, 1)

  it('takes the time of the server, or ours', () => {
    expect(ack({ id: 'A1', class: 'message', t: '7' })).toEqual({ whatsappId: 'A1', error: null, at: 7_000 })
    expect(ack({ id: 'A1', class: 'message' })).toMatchObject({ at: 1 })
  })

  it('is an error whatever its code looks like', () => {
    expect(ack({ id: 'A1', error: '463' })).toMatchObject({ error: 463 })
    expect(ack({ id: 'A1', error: 'odd' })).toMatchObject({ error: 0 })
  })
})
