import {
  afterAcceptance,
  afterRefusal,
  askToConnect,
  BUNDLED_VERSION,
  type ClientVersion,
  isHeld,
  NO_CLIENT_VERSION,
  parseVersion,
  type VersionParts,
} from '../../shared/core/client-version.ts'
import type { Mode } from '../../shared/core/tenant-scope.ts'
import type { Log } from '../../shared/log/log.ts'
import type { ClientVersions } from '../../shared/store/client-versions.ts'

/** Which WhatsApp Web version the sessions of this worker announce, and whether they may connect with it now. */
export interface ClientVersionGuard {
  readonly version: VersionParts
  /** How long a session has to wait before it may connect; 0: now, and while WhatsApp refuses, it is the fleet's probe. */
  holdMs(): Promise<number>
  /** 405 for a connection that announced this version */
  onRefused(sessionId: string, version: VersionParts): void
  /** a login with this version */
  onAccepted(version: VersionParts): void
  /** Calls once, when a wait for another version has become pointless. @returns takes the wish back */
  whenReleased(call: () => void): () => void
}

/**
 * The worker's view of the one row that the whole fleet reads and writes (shared/core/client-version.ts decides). It is
 * read at each beat; while the table is away the last view goes on by itself.
 */
export class VersionGuard implements ClientVersionGuard {
  readonly #versions: ClientVersions
  readonly #mode: Mode
  readonly #own: VersionParts
  readonly #log: Log
  readonly #waiting = new Set<() => void>()
  #view: ClientVersion = NO_CLIENT_VERSION

  /** @param own what the environment says; null: what Baileys brings */
  constructor(input: { versions: ClientVersions; mode: Mode; own: VersionParts | null; log: Log }) {
    this.#versions = input.versions
    this.#mode = input.mode
    this.#own = input.own ?? (parseVersion(BUNDLED_VERSION) as VersionParts)
    this.#log = input.log
  }

  get version(): VersionParts {
    return (this.#view.version === null ? null : parseVersion(this.#view.version)) ?? this.#own
  }

  /** Reads the row; what cannot be read changes nothing. */
  async refresh(): Promise<void> {
    try {
      this.#see(await this.#versions.get(this.#mode))
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'the WhatsApp version cannot be read')
    }
  }

  async holdMs(): Promise<number> {
    const version = this.version.join('.')
    if (!isHeld(this.#view, version)) return 0
    try {
      return await this.#askFleet()
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'the WhatsApp version cannot be read, the last view decides')
      const turn = askToConnect(this.#view, version, Date.now())
      if (turn.answer === 'wait') return turn.ms
      if (turn.answer === 'probe') this.#view = turn.row
      return 0
    }
  }

  onRefused(sessionId: string, refused: VersionParts): void {
    const version = refused.join('.')
    const hear = (row: ClientVersion) => afterRefusal(row, { version, sessionId, now: Date.now() })
    const wasHeld = isHeld(this.#view, version)
    this.#view = hear(this.#view)
    this.#tell(hear)
    if (!wasHeld && isHeld(this.#view, version))
      this.#log.fatal({ version }, 'WhatsApp refuses this version: nobody connects until an operator sets a newer one')
  }

  onAccepted(accepted: VersionParts): void {
    const hear = (row: ClientVersion) => afterAcceptance(row, accepted.join('.'))
    if (hear(this.#view) === this.#view) return
    this.#see(hear(this.#view))
    this.#tell(hear)
  }

  whenReleased(call: () => void): () => void {
    this.#waiting.add(call)
    return () => void this.#waiting.delete(call)
  }

  async #askFleet(): Promise<number> {
    for (;;) {
      const row = await this.#versions.get(this.#mode)
      this.#see(row)
      const turn = askToConnect(row, this.version.join('.'), Date.now())
      if (turn.answer === 'go') return 0
      if (turn.answer === 'wait') return turn.ms
      const stored = await this.#versions.replace(row, turn.row)
      if (!stored) continue
      this.#log.warn({ version: this.version.join('.') }, 'one session tries whether WhatsApp takes the version again')
      this.#see(stored)
      return 0
    }
  }

  #tell(hear: (row: ClientVersion) => ClientVersion): void {
    this.#versions.change(this.#mode, hear).then(
      ({ after }) => this.#see(after),
      (error) =>
        this.#log.warn({ error: String(error) }, 'what WhatsApp said of the version is known to this worker only'),
    )
  }

  #see(row: ClientVersion): void {
    if (row.version !== null && parseVersion(row.version) === null)
      this.#log.error(
        { version: row.version },
        'the configured WhatsApp version is none, the one of this worker is used',
      )
    const before = this.version.join('.')
    const wasHeld = isHeld(this.#view, before)
    this.#view = row
    const after = this.version.join('.')
    if (before !== after) this.#log.info({ before, after }, 'another WhatsApp version is configured')
    if (isHeld(row, after) || (before === after && !wasHeld)) return
    const calls = [...this.#waiting]
    this.#waiting.clear()
    for (const call of calls) call()
  }
}
