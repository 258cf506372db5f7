import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Device } from '../store/devices.ts'
import { encodeBinaryNode, type Stanza } from '../wire/codec.ts'
import { encodeFrame } from './frames.ts'
import type { Transport } from './noise.ts'

export type CloseMode = 'reset' | 'close'

/** What a client that registers has told about itself (ClientPayload.devicePairingData). Keys are raw (32 bytes). */
export type Registration = {
  registrationId: number
  identityPublic: Buffer
  signedKeyId: number
  signedPublic: Buffer
  signedSignature: Buffer
  platform: string
}

/** One WebSocket of one client, after which handshake and login hang the protocol. */
export class Connection {
  /** Namespace asked for by the client's URL or header; null if it named none. */
  readonly namespaceHint: string | null
  /** Known after login, or after a phone has scanned this connection's QR. */
  namespace: string | null = null
  device: Device | undefined
  registration: Registration | undefined
  clientStatic: Buffer | undefined
  /** Queued stanzas have been sent: from now on everything goes out at once. */
  isActive = false
  isClosed = false
  /** Phones whose presence this client wants to see. */
  readonly subscriptions = new Set<number>()
  /** Half-open: takes nothing in and lets nothing out, but the TCP connection stands. */
  isFrozen = false
  /** Milliseconds each outgoing frame waits (fault `delayFrames`), asked per frame. */
  frameDelayMs: () => number = () => 0
  onSent: (stanza: Stanza, payload: Uint8Array) => void = () => {}
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #closeListeners: (() => void)[] = []
  readonly #results = new Map<string, (answer: Stanza | undefined) => void>()
  #transport: Transport | undefined
  readonly #delayed: { stanza: Stanza; at: number }[] = []
  #nextId = 1

  constructor(webSocket: WebSocket, socket: Socket, namespaceHint: string | null) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.namespaceHint = namespaceHint
  }

  useTransport(transport: Transport): void {
    this.#transport = transport
  }

  decrypt(frame: Uint8Array): Buffer {
    if (!this.#transport) throw new Error('no transport keys yet')
    return this.#transport.decrypt(frame)
  }

  /** Ids of stanzas the server starts itself. */
  nextId(): string {
    return `s.${this.#nextId++}`
  }

  sendRaw(body: Uint8Array): void {
    if (!this.isClosed && !this.isFrozen) this.#webSocket.send(encodeFrame(body))
  }

  /** Encrypts and sends a stanza, in order. A closed or frozen connection swallows it. */
  send(stanza: Stanza): void {
    if (this.isClosed || this.isFrozen) return
    const delayMs = this.frameDelayMs()
    if (delayMs === 0 && this.#delayed.length === 0) {
      this.#sendNow(stanza)
      return
    }
    this.#delayed.push({ stanza, at: Date.now() + delayMs })
    if (this.#delayed.length === 1) this.#sendDelayed()
  }

  /** Sends an iq and waits for its answer; undefined when the connection closes or `timeoutMs` passes first. */
  async query(stanza: Stanza, timeoutMs: number): Promise<Stanza | undefined> {
    const id = stanza.attrs.id!
    let timer: NodeJS.Timeout | undefined
    const answer = new Promise<Stanza | undefined>((resolve) => {
      this.#results.set(id, resolve)
      this.onClose(() => resolve(undefined))
      timer = setTimeout(() => resolve(undefined), timeoutMs)
    })
    this.send(stanza)
    const stanzaOrNothing = await answer
    clearTimeout(timer)
    this.#results.delete(id)
    return stanzaOrNothing
  }

  /** Hands an iq answer to whoever waits for it; false if nobody does. */
  settle(answer: Stanza): boolean {
    const resolve = this.#results.get(answer.attrs.id ?? '')
    resolve?.(answer)
    return resolve !== undefined
  }

  onClose(listener: () => void): void {
    this.#closeListeners.push(listener)
  }

  /** Called once by the socket server when the WebSocket has gone, whoever closed it. */
  noteClosed(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.isActive = false
    for (const listener of this.#closeListeners) listener()
  }

  /** `close` lets frames already written arrive; `reset` is a TCP RST. */
  end(mode: CloseMode = 'close'): void {
    if (mode === 'reset' || this.isFrozen) this.#socket.resetAndDestroy()
    else {
      this.#webSocket.close(1000)
      // A client that never answers the close frame must not keep its socket for ever.
      setTimeout(() => this.#webSocket.terminate(), 2000).unref()
    }
    this.noteClosed()
  }

  freeze(): void {
    this.isFrozen = true
    this.#socket.pause()
  }

  /** One timer for the head of the line: two timers of equal deadline would not keep the order. */
  #sendDelayed(): void {
    const head = this.#delayed[0]
    if (!head || this.isClosed) return
    setTimeout(
      () => {
        this.#delayed.shift()
        this.#sendNow(head.stanza)
        this.#sendDelayed()
      },
      Math.max(0, head.at - Date.now()),
    )
  }

  #sendNow(stanza: Stanza): void {
    if (this.isClosed || this.isFrozen || !this.#transport) return
    const payload = encodeBinaryNode(stanza)
    this.onSent(stanza, payload)
    this.#webSocket.send(encodeFrame(this.#transport.encrypt(payload)))
  }
}
