import type * as z from 'zod'
import type { clientVersionSchema } from '../../../shared/contract/client-versions.ts'
import { requirePlausibleVersion, withVersion } from '../../../shared/core/client-version.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { ClientVersions } from '../../../shared/store/client-versions.ts'
import type { ClientVersionRow } from '../../../shared/store/rows/client-version.ts'
import type { KeyServices } from '../services.ts'

const isoOrNull = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString())

const present = (row: ClientVersionRow): z.input<typeof clientVersionSchema> => ({
  mode: row.mode,
  version: row.version,
  setAt: isoOrNull(row.setAt),
  refused: row.refused.map(({ version, sessions, heldUntil }) => ({
    version,
    sessions: sessions.length,
    heldUntil: isoOrNull(heldUntil),
  })),
})

export const getClientVersion =
  ({ tables }: KeyServices): Handler<'getClientVersion'> =>
  async ({ params }) => ({ status: 200, body: present(await new ClientVersions(tables).get(params.mode)) })

/** No worker is rung: each reads the row at its next beat. */
export const setClientVersion =
  ({ tables }: KeyServices): Handler<'setClientVersion'> =>
  async ({ params, body: { version } }, context) => {
    if (version !== null) requirePlausibleVersion(version)
    const { before, after } = await new ClientVersions(tables).change(
      params.mode,
      // A copy: setting the same version again is a write too, it forgets refusals and has a time.
      (row) => ({ ...withVersion(row, version) }),
      Date.now(),
    )
    context.audit({ before: present(before) })
    return { status: 200, body: present(after) }
  }
