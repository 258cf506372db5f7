import { randomBytes } from 'node:crypto'
import type { Connection } from '../server/connection.ts'

const REFERENCE_COUNT = 6
const FIRST_REFERENCE_MS = 60_000
const NEXT_REFERENCE_MS = 20_000
const GRACE_MS = 5_000
const FORGET_MS = 600_000

export type QrReference = { ref: string; connection: Connection; expiresAt: number; consumed: boolean }

/** The references handed out for QR codes; they die with their connection. */
export class QrReferences {
  readonly #byRef = new Map<string, QrReference>()

  /** Six fresh references; the n-th may be scanned until the client would have replaced it. */
  issue(connection: Connection, now: number): string[] {
    for (const [ref, reference] of this.#byRef) if (reference.expiresAt + FORGET_MS < now) this.#byRef.delete(ref)
    return Array.from({ length: REFERENCE_COUNT }, (_, index) => {
      const ref = `2@${randomBytes(48).toString('base64url')}`
      const expiresAt = now + FIRST_REFERENCE_MS + index * NEXT_REFERENCE_MS + GRACE_MS
      this.#byRef.set(ref, { ref, connection, expiresAt, consumed: false })
      return ref
    })
  }

  find(ref: string): QrReference | undefined {
    return this.#byRef.get(ref)
  }
}

/** A client that showed a pairing code and waits for the phone's owner to type it. */
export type PairingCodeRequest = {
  connection: Connection
  phone: string
  ref: Buffer
  wrappedEphemeral: Buffer
  /** Set while a phone waits for companion_finish. */
  finish?: (bundle: Buffer) => void
}

export class PairingCodes {
  readonly #requests = new Map<Connection, PairingCodeRequest>()

  add(request: PairingCodeRequest): void {
    if (!this.#requests.has(request.connection))
      request.connection.onClose(() => this.#requests.delete(request.connection))
    this.#requests.set(request.connection, request)
  }

  ofConnection(connection: Connection): PairingCodeRequest | undefined {
    return this.#requests.get(connection)
  }

  /** The newest request for this number that the namespace may answer. */
  find(phone: string, namespace: string): PairingCodeRequest | undefined {
    return [...this.#requests.values()]
      .reverse()
      .find(
        ({ phone: wanted, connection }) => wanted === phone && (connection.namespaceHint ?? namespace) === namespace,
      )
  }
}
