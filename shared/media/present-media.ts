import type * as z from 'zod'
import type { mediaSchema } from '../contract/media.ts'
import type { MediaRow } from '../store/rows/media.ts'

const iso = (timeMs: number): string => new Date(timeMs).toISOString()

/** @param details the unsealed part of the row */
export const presentMedia = (
  row: MediaRow,
  details: { readonly fileName?: string | null },
  more: {
    readonly upload?: z.input<typeof mediaSchema>['upload']
    readonly download?: { url: string; expiresAt: number }
  } = {},
): z.input<typeof mediaSchema> => ({
  id: row.id,
  mode: row.mode,
  status: row.status,
  source: row.source,
  mimetype: row.mimetype,
  sizeBytes: row.sizeBytes,
  sha256: row.sha256,
  fileName: details.fileName ?? null,
  sessionId: row.sessionId,
  messageId: row.messageId,
  failure: row.failure,
  upload: more.upload ?? null,
  downloadUrl: more.download?.url ?? null,
  downloadUrlExpiresAt: more.download ? iso(more.download.expiresAt) : null,
  createdAt: iso(row.createdAt),
  expiresAt: iso(row.expiresAt),
})
