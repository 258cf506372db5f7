import { type ClientVersion, NO_CLIENT_VERSION } from '../core/client-version.ts'
import type { Mode } from '../core/tenant-scope.ts'
import { clientVersionKey } from './keys.ts'
import { type ClientVersionRow, clientVersionRowSchema } from './rows/client-version.ts'
import type { Tables } from './tables.ts'

const TRIES = 10

/** The WhatsApp Web version of each mode and what WhatsApp said of it: one row, written by decision on what was read. */
export class ClientVersions {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  async get(mode: Mode): Promise<ClientVersionRow> {
    const item = await this.#tables.core.get(clientVersionKey(mode))
    return item
      ? clientVersionRowSchema.parse(item)
      : { v: 1, mode, revision: 0, setAt: null, version: NO_CLIENT_VERSION.version, refused: [] }
  }

  /** @returns null when somebody else wrote since `before` was read */
  async replace(
    before: ClientVersionRow,
    after: ClientVersion,
    setAt = before.setAt,
  ): Promise<ClientVersionRow | null> {
    const row: ClientVersionRow = {
      v: 1,
      mode: before.mode,
      revision: before.revision + 1,
      version: after.version,
      setAt,
      refused: after.refused.map((entry) => ({ ...entry, sessions: [...entry.sessions] })),
    }
    const result = await this.#tables.core.put(
      { ...clientVersionKey(row.mode), ...row },
      before.revision === 0
        ? { expression: 'attribute_not_exists(pk)' }
        : { expression: '#revision = :before', values: { ':before': before.revision } },
    )
    return result.ok ? row : null
  }

  /**
   * Decides on the newest row until nobody else wrote in between.
   * @param decide returns its argument when there is nothing to write
   */
  async change(
    mode: Mode,
    decide: (row: ClientVersion) => ClientVersion,
    setAt?: number,
  ): Promise<{ before: ClientVersionRow; after: ClientVersionRow }> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const before = await this.get(mode)
      const decided = decide(before)
      if (decided === before) return { before, after: before }
      const after = await this.replace(before, decided, setAt)
      if (after) return { before, after }
    }
    throw new Error(`the WhatsApp version of ${mode} was written by others ${TRIES} times in a row`)
  }
}
