import type { TenantScope } from '../core/tenant-scope.ts'
import { mediaKey, pendingMediaPartition, sessionFilePartition } from './keys.ts'
import { type MediaRow, mediaRowSchema } from './rows/media.ts'
import type { Failure } from './rows/message.ts'
import type { Tables } from './tables.ts'

export interface StoredFacts {
  readonly mimetype: string
  readonly sizeBytes: number
  readonly sha256: string | null
  readonly width?: number | null
  readonly height?: number | null
  readonly animated?: boolean | null
  readonly opus?: boolean | null
}

const DELETED: Failure = { code: 'media_deleted', message: 'The file was deleted.', retryable: false }

/** MEDIA rows, and the marks of received files that a session has still to fetch. */
export class MediaFiles {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  async get(mediaId: string): Promise<MediaRow | null> {
    const item = await this.#tables.messages.get(mediaKey(this.#scope, mediaId))
    return item ? mediaRowSchema.parse(item) : null
  }

  /** If there is none with this id. @returns the row that stands */
  async create(row: MediaRow): Promise<MediaRow> {
    const result = await this.#tables.messages.put(
      { ...mediaKey(this.#scope, row.id), ...row },
      { expression: 'attribute_not_exists(pk)' },
    )
    return result.ok ? row : mediaRowSchema.parse(result.item)
  }

  /** The object is there and was looked at. Never leaves `unavailable`. @returns the row as it stands; null: it is gone */
  async markStored(mediaId: string, facts: StoredFacts): Promise<MediaRow | null> {
    const result = await this.#tables.messages.update(
      mediaKey(this.#scope, mediaId),
      {
        expression:
          'SET #status = :stored, #mimetype = :mimetype, #sizeBytes = :size, #sha256 = :sha256, #width = :width, #height = :height, #animated = :animated, #opus = :opus',
        values: {
          ':stored': 'stored',
          ':mimetype': facts.mimetype,
          ':size': facts.sizeBytes,
          ':sha256': facts.sha256,
          ':width': facts.width ?? null,
          ':height': facts.height ?? null,
          ':animated': facts.animated ?? null,
          ':opus': facts.opus ?? null,
        },
      },
      {
        expression: 'attribute_exists(pk) AND #status <> :unavailable',
        values: { ':unavailable': 'unavailable' },
      },
    )
    return result.item ? mediaRowSchema.parse(result.item) : null
  }

  /** It will never be there. */
  async markUnavailable(mediaId: string, failure: Failure): Promise<MediaRow | null> {
    const result = await this.#tables.messages.update(
      mediaKey(this.#scope, mediaId),
      {
        expression: 'SET #status = :unavailable, #failure = :failure',
        values: { ':unavailable': 'unavailable', ':failure': failure },
      },
      { expression: 'attribute_exists(pk) AND #status <> :stored', values: { ':stored': 'stored' } },
    )
    return result.item ? mediaRowSchema.parse(result.item) : null
  }

  /** Its owner does not want it any more, whatever it was. */
  async markDeleted(mediaId: string): Promise<void> {
    await this.#tables.messages.update(
      mediaKey(this.#scope, mediaId),
      {
        expression: 'SET #status = :unavailable, #failure = :failure',
        values: { ':unavailable': 'unavailable', ':failure': DELETED },
      },
      { expression: 'attribute_exists(pk)' },
    )
  }

  /** With the object: nobody can ask for it any more. */
  async remove(mediaId: string): Promise<void> {
    await this.#tables.messages.remove(mediaKey(this.#scope, mediaId))
  }

  /** An upload that belongs to one session goes when the session goes. */
  async putOfSession(sessionId: string, mediaId: string): Promise<void> {
    await this.#tables.messages.put({ pk: sessionFilePartition(this.#scope, sessionId), sk: mediaId, v: 1 })
  }

  async listOfSession(sessionId: string, limit: number): Promise<string[]> {
    return this.#listIds(sessionFilePartition(this.#scope, sessionId), limit)
  }

  async dropOfSession(sessionId: string, mediaId: string): Promise<void> {
    await this.#tables.messages.remove({ pk: sessionFilePartition(this.#scope, sessionId), sk: mediaId })
  }

  /** A received file that has to be fetched from WhatsApp; whoever owns the session next finds it. */
  async putPending(sessionId: string, mediaId: string): Promise<void> {
    await this.#tables.messages.put({ pk: pendingMediaPartition(this.#scope, sessionId), sk: mediaId, v: 1 })
  }

  async listPending(sessionId: string, limit: number): Promise<string[]> {
    return this.#listIds(pendingMediaPartition(this.#scope, sessionId), limit)
  }

  async dropPending(sessionId: string, mediaId: string): Promise<void> {
    await this.#tables.messages.remove({ pk: pendingMediaPartition(this.#scope, sessionId), sk: mediaId })
  }

  async #listIds(partition: string, limit: number): Promise<string[]> {
    const page = await this.#tables.messages.query({
      key: { expression: '#pk = :pk', values: { ':pk': partition } },
      limit,
    })
    return page.items.map((item) => String(item.sk))
  }
}
