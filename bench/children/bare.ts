import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useMultiFileAuthState } from '@whiskeysockets/baileys'
import { BaileysClient, repairSignatureCheck } from '../../simulator/testing/baileys-client.ts'
import { call, inLanes, measured, serve } from '../support/child-protocol.ts'

/** Bare Baileys: its own upsert handler, no durability beyond its store. */
serve((options) => {
  repairSignatureCheck(options.trustRootHex)
  const clients = new Map<string, BaileysClient>()
  const folder = mkdtempSync(join(tmpdir(), 'fleetline-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

  const makeClient = async (phone: string): Promise<BaileysClient> => {
    const client = new BaileysClient(options.socketUrl)
    if (options.store === 'files') {
      const { state, saveCreds } = await useMultiFileAuthState(join(folder, phone))
      Object.assign(client.auth, state)
      const connect = client.connect.bind(client)
      client.connect = () => {
        connect()
        client.socket.ev.on('creds.update', saveCreds)
        return client
      }
    }
    if (options.latencyMs > 0) delayStore(client, options.latencyMs)
    return client
  }

  const link = async (phone: string): Promise<void> => {
    const client = await makeClient(phone)
    await call(options.controlUrl, 'phones', { phone, name: 'Shop' })
    client.connect()
    await call(options.controlUrl, `phones/${phone}/scan`, { qr: await client.qr() })
    await client.closed()
    client.connect()
    await client.opened()
    clients.set(phone, client)
  }

  const send = async (client: BaileysClient, contact: string, count: number, window: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let sent = 0
    let acked = 0
    let isSending = false
    const next = async (): Promise<void> => {
      if (isSending) return
      isSending = true
      while (sent < count && sent - acked < window)
        await client.socket.sendMessage(`${contact}@s.whatsapp.net`, { text: `text ${sent++}` })
      isSending = false
    }
    client.socket.ws.on('CB:ack,class:message', () => {
      if (++acked === count) resolve()
      else void next()
    })
    await next()
    await promise
    client.socket.ws.removeAllListeners('CB:ack,class:message')
  }

  const connect = async (client: BaileysClient, texts: number): Promise<void> => {
    client.upserts.length = 0
    client.connect()
    const { promise, resolve } = Promise.withResolvers<void>()
    let seen = 0
    client.socket.ev.on('messages.upsert', ({ messages }) => {
      for (const { message } of messages) if (message?.conversation ?? message?.extendedTextMessage) seen++
      if (seen >= texts) resolve()
    })
    await client.opened()
    if (texts > 0) await promise
  }

  const each = (work: (client: BaileysClient) => Promise<unknown>) => Promise.all([...clients.values()].map(work))
  return (request) =>
    measured(async () => {
      switch (request.do) {
        case 'link':
          return inLanes(request.phones, 4, link)
        case 'send':
          await each((client) => send(client, request.contact, request.count, request.window))
          return
        case 'close':
          await each((client) => client.end())
          return
        case 'connect':
          await each((client) => connect(client, request.texts))
          return
        case 'memory':
          return
      }
    })
})

/** The same wait for storage that the engine has. */
const delayStore = (client: BaileysClient, latencyMs: number): void => {
  const { keys } = client.auth
  const set = keys.set.bind(keys)
  keys.set = async (entries) => {
    await new Promise((resolve) => setTimeout(resolve, latencyMs))
    return set(entries)
  }
}
