import makeWASocket, {
  type AuthenticationState,
  type BinaryNode,
  BufferJSON,
  type ConnectionState,
  Curve,
  initAuthCreds,
  type SignalDataTypeMap,
  type UserFacingSocketConfig,
  WA_CERT_DETAILS,
  type WAMessage,
} from '@whiskeysockets/baileys'
import * as curve from 'libsignal/src/curve.js'
import pino from 'pino'
import { silenceLibsignal } from '../wire/silence.ts'
import { until } from './until.ts'

type Socket = ReturnType<typeof makeWASocket>
type Upsert = { type: 'notify' | 'append'; messages: WAMessage[] }

/** rc14 believes every well-formed signature; with the repair a test double for the certificate proves something. */
export function repairSignatureCheck(trustRootHex: string): void {
  silenceLibsignal()
  const verify = curve.verifySignature as (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => unknown
  Curve.verify = (key, message, signature) => {
    try {
      const typed = key.length === 33 ? key : Buffer.concat([Buffer.from([5]), key])
      return verify(Buffer.from(typed), message, signature) === true
    } catch {
      return false
    }
  }
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(trustRootHex, 'hex')
}

/** Unmodified Baileys with its state in memory, and everything it said for tests to wait on. */
export class BaileysClient {
  readonly auth: AuthenticationState
  /** Of the current socket only. */
  updates: Partial<ConnectionState>[] = []
  readonly upserts: Upsert[] = []
  readonly statuses = new Map<string, number[]>()
  readonly acks: BinaryNode[] = []
  socket!: Socket
  readonly #url: string
  readonly #options: Partial<UserFacingSocketConfig>
  readonly #data = new Map<string, string>()

  constructor(url: string, options: Partial<UserFacingSocketConfig> = {}) {
    this.#url = url
    this.#options = options
    const data = this.#data
    const keys = {
      get: async <Type extends keyof SignalDataTypeMap>(type: Type, ids: string[]) => {
        const found: Record<string, SignalDataTypeMap[Type]> = {}
        for (const id of ids) {
          const text = data.get(`${type}:${id}`)
          if (text !== undefined) found[id] = JSON.parse(text, BufferJSON.reviver) as SignalDataTypeMap[Type]
        }
        return found
      },
      set: async (entries: Record<string, Record<string, unknown>>) => {
        for (const [type, values] of Object.entries(entries))
          for (const [id, value] of Object.entries(values))
            if (value == null) data.delete(`${type}:${id}`)
            else data.set(`${type}:${id}`, JSON.stringify(value, BufferJSON.replacer))
      },
    }
    this.auth = { creds: initAuthCreds(), keys: keys as AuthenticationState['keys'] }
  }

  /** A new socket on the same credentials. */
  connect(): this {
    const updates: Partial<ConnectionState>[] = []
    this.updates = updates
    this.socket = makeWASocket({
      auth: this.auth,
      waWebSocketUrl: this.#url,
      logger: pino({ level: process.env.BAILEYS_LOG ?? 'silent' }) as never,
      markOnlineOnConnect: false,
      syncFullHistory: false,
      browser: ['Windows', 'Chrome', '10'],
      ...this.#options,
    })
    this.socket.ev.on('connection.update', (update) => updates.push(update))
    this.socket.ev.on('messages.upsert', (upsert) => this.upserts.push(upsert))
    this.socket.ev.on('messages.update', (updates) => {
      for (const { key, update } of updates) {
        const list = this.statuses.get(key.id!) ?? []
        if (update.status != null) list.push(update.status)
        this.statuses.set(key.id!, list)
      }
    })
    this.socket.ws.on('CB:ack,class:message', (ack: BinaryNode) => this.acks.push(ack))
    return this
  }

  snapshot(): string {
    return JSON.stringify([this.auth.creds, [...this.#data]], BufferJSON.replacer)
  }

  restore(text: string): void {
    const [creds, data] = JSON.parse(text, BufferJSON.reviver) as [AuthenticationState['creds'], [string, string][]]
    Object.assign(this.auth, { creds })
    this.#data.clear()
    for (const [key, value] of data)
      this.#data.set(key, typeof value === 'string' ? value : JSON.stringify(value, BufferJSON.replacer))
  }

  qr(): Promise<string> {
    return until('a QR', () => this.updates.findLast(({ qr }) => qr)?.qr)
  }

  opened(): Promise<unknown> {
    return until('connection open', () => this.updates.find(({ connection }) => connection === 'open'))
  }

  /** The status code the current socket closes with. */
  async closed(timeoutMs?: number): Promise<number | undefined> {
    const { updates } = this
    const isClose = ({ connection }: Partial<ConnectionState>) => connection === 'close'
    const update = await until('connection close', () => updates.find(isClose), timeoutMs)
    return (update.lastDisconnect?.error as { output?: { statusCode: number } } | undefined)?.output?.statusCode
  }

  texts(type?: Upsert['type']): string[] {
    return this.upserts
      .filter((upsert) => type === undefined || upsert.type === type)
      .flatMap(({ messages }) => messages)
      .flatMap(({ message }) => message?.conversation ?? message?.extendedTextMessage?.text ?? [])
  }

  /** Every status this message was reported with, by update or inside its own upsert. */
  statusesOf(id: string): number[] {
    const own = this.upserts.flatMap(({ messages }) => messages).filter(({ key }) => key.id === id)
    return [...own.flatMap(({ status }) => status ?? []), ...(this.statuses.get(id) ?? [])]
  }

  async end(): Promise<void> {
    await this.socket?.end(undefined)
  }
}
