import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { presentMedia } from '../../shared/media/present-media.ts'
import { MediaFiles } from '../../shared/store/media-files.ts'
import { MediaQuota } from '../../shared/store/media-quota.ts'
import { Messages } from '../../shared/store/messages.ts'
import { mediaDetailsPlace, messageProtoPlace } from '../../shared/store/places.ts'
import type { MediaRow } from '../../shared/store/rows/media.ts'
import type { Failure } from '../../shared/store/rows/message.ts'
import { LogLostError, type SessionLog } from '../auth-log/session-log.ts'
import { HelperError } from '../media/helper.ts'
import type { WhatsAppConnection } from '../whatsapp/connection.ts'
import type { MediaOrigin } from '../whatsapp/content/transfer-media.ts'
import { WhatsAppError } from '../whatsapp/errors.ts'
import type { Journal } from './journal.ts'
import { MediaTries, type MediaTrouble, troubleOf } from './media-tries.ts'
import type { SessionContext } from './session-context.ts'
import { withTemporaryFolder } from './temporary-folder.ts'
import { WakeTimer } from './wake-timer.ts'

const AT_ONCE = 20
const STOP_MS = 5_000
const RING_AGAIN_MS = 2_000
const WAKE_CAP_MS = 5 * 60_000

const FAILURES: Readonly<Record<string, Failure>> = {
  media_gone: {
    code: 'media_gone',
    message: 'WhatsApp does not have the file any more, and the phone did not send it again.',
    retryable: false,
  },
  media_too_large: {
    code: 'media_too_large',
    message: 'The file is larger than this platform takes.',
    retryable: false,
  },
  media_corrupt: { code: 'media_corrupt', message: 'The bytes are not those that the sender sent.', retryable: false },
}
const NOT_FETCHED: Failure = {
  code: 'media_fetch_failed',
  message: 'The file could not be fetched from WhatsApp.',
  retryable: false,
}

/**
 * Fetches the files of received messages: WhatsApp → temporary file, verified → media bucket → row → event. What is still
 * to be fetched stands in the table, so that a crash in between repeats it and nothing is forgotten.
 */
export class MediaInbox {
  readonly #context: SessionContext
  readonly #sessionLog: SessionLog
  readonly #journal: Journal
  readonly #files: MediaFiles
  readonly #tries: MediaTries
  readonly #wake = new WakeTimer(() => this.ring(), WAKE_CAP_MS)
  #connection: WhatsAppConnection | null = null
  #running: Promise<void> | null = null
  #isDirty = false
  #isStopped = false

  constructor(input: { context: SessionContext; sessionLog: SessionLog; journal: Journal }) {
    this.#context = input.context
    this.#sessionLog = input.sessionLog
    this.#journal = input.journal
    this.#tries = new MediaTries(input.context.services.media?.retryBaseMs)
    this.#files = new MediaFiles(input.context.services.tables, input.context.scope)
  }

  attach(connection: WhatsAppConnection): void {
    this.#connection = connection
    this.ring()
  }

  detach(): void {
    this.#connection = null
  }

  /** There may be something to fetch. */
  ring(): void {
    this.#isDirty = true
    if (this.#running || this.#isStopped || !this.#connection || !this.#context.services.media) return
    this.#running = this.#run()
      .catch((error) => {
        if (!(error instanceof LogLostError)) this.#context.log.warn({ error: String(error) }, 'received files wait')
        this.#wake.wakeIn(RING_AGAIN_MS)
      })
      .finally(() => {
        this.#running = null
      })
  }

  /** Nothing new is begun; what takes longer than a moment is begun anew by the next owner. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#wake.stop()
    if (!this.#running) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, STOP_MS)
    await Promise.race([this.#running, promise])
    clearTimeout(timer)
  }

  async #run(): Promise<void> {
    while (this.#isDirty && !this.#isStopped && this.#connection) {
      this.#isDirty = false
      const mediaIds = await this.#files.listPending(this.#context.sessionId, AT_ONCE)
      if (mediaIds.length === AT_ONCE) this.#isDirty = true
      const connection = this.#connection
      if (!connection) return
      const outcomes = await Promise.all(mediaIds.map((mediaId) => this.#fetch(mediaId, connection)))
      // Only what waits for its next try is left: its timer comes back.
      if (mediaIds.length > 0 && outcomes.every((outcome) => outcome === 'later')) return
    }
  }

  async #fetch(mediaId: string, connection: WhatsAppConnection): Promise<'done' | 'later'> {
    // The ring may be another file's.
    const waitMs = this.#tries.waitMs(mediaId)
    if (waitMs > 0) {
      this.#wake.wakeIn(waitMs)
      return 'later'
    }
    const row = await this.#files.get(mediaId)
    if (row?.status !== 'pending') {
      if (row) await this.#tell(row)
      await this.#files.dropPending(this.#context.sessionId, mediaId)
      return 'done'
    }
    const failure = await this.#context.services.media?.turns.run(() => this.#store(row, connection))
    if (failure === 'later') return 'later'
    const standing = failure ? await this.#files.markUnavailable(mediaId, failure) : await this.#files.get(mediaId)
    if (standing) await this.#tell(standing)
    await this.#files.dropPending(this.#context.sessionId, mediaId)
    this.#tries.forget(mediaId)
    return 'done'
  }

  /** @returns why it will never be there; null: it is */
  async #store(row: MediaRow, connection: WhatsAppConnection): Promise<Failure | 'later' | null> {
    const { services, scope } = this.#context
    const { media } = services
    if (!media || this.#connection !== connection) return 'later'
    let isAtWhatsApp = false
    try {
      const origin = await this.#originOf(row)
      if (!origin) return NOT_FETCHED
      await withTemporaryFolder(media, async (folder) => {
        const encryptedPath = join(folder, 'encrypted')
        const limits = { maxBytes: row.maximumBytes, testHost: media.testHost }
        isAtWhatsApp = true
        const downloaded = await connection.downloadMedia(origin, encryptedPath, limits)
        isAtWhatsApp = false
        const { sizeBytes } = await media.helpers.files.run('store', {
          ...downloaded,
          tenantId: scope.tenantId,
          mode: scope.mode,
          mediaId: row.id,
          mimetype: row.mimetype,
          encryptedPath,
          plainPath: join(folder, 'plain'),
        })
        await this.#files.markStored(row.id, { ...row, sizeBytes })
        await new MediaQuota(services.tables, scope).settle({
          mediaId: row.id,
          bytes: sizeBytes,
          keptUntil: row.expiresAt,
        })
      })
      return null
    } catch (error) {
      if (error instanceof LogLostError) throw error
      const code = error instanceof WhatsAppError ? error.code : error instanceof HelperError ? error.reason : null
      const known = code === null ? undefined : FAILURES[code]
      if (known) return known
      // A connection that closed under it says nothing about the file.
      const isTheirs = isAtWhatsApp && this.#connection === connection
      return this.#tryLater(row.id, troubleOf(error, isTheirs), error)
    }
  }

  #tryLater(mediaId: string, trouble: MediaTrouble, error: unknown): Failure | 'later' {
    const { log } = this.#context
    const delayMs = this.#tries.note(mediaId, trouble, Math.random())
    const facts = { mediaId, trouble, delayMs, error: String(error) }
    if (trouble === 'theirs') log.info(facts, 'a received file could not be fetched now')
    else log.error(facts, 'a received file waits for our own disk or storage')
    if (delayMs === null) return NOT_FETCHED
    this.#wake.wakeIn(delayMs)
    return 'later'
  }

  async #originOf(row: MediaRow): Promise<MediaOrigin | null> {
    const { services, scope } = this.#context
    const message = row.messageId ? await new Messages(services.tables, scope).get(row.messageId) : null
    if (!message?.proto) return null
    const chatJid = message.chat.jid ?? message.chat.lid ?? ''
    return {
      whatsappId: message.whatsappId,
      chatJid,
      participantJid: message.chat.kind === 'user' ? null : message.from.jid,
      proto: await services.tenantKeys.openRaw(scope, messageProtoPlace(message.id), message.proto),
    }
  }

  /** Once: the log knows what was told. */
  async #tell(row: MediaRow): Promise<void> {
    const identityHash = createHash('sha256')
      .update(`${row.id}#${row.status}`)
      .digest()
      .subarray(0, 16)
      .toString('base64')
    if (this.#sessionLog.state.hasIdentity(identityHash)) return
    const { services, scope } = this.#context
    const details = await services.tenantKeys.open(scope, mediaDetailsPlace(row.id), row.details)
    const type = row.status === 'stored' ? 'media.stored' : 'media.unavailable'
    this.#journal.note(type, identityHash, { media: presentMedia(row, details as { fileName?: string | null }) })
    await this.#sessionLog.durable(this.#sessionLog.lastLsn)
  }
}
