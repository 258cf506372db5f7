import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import * as z from 'zod'
import { TenantScope } from '../shared/core/tenant-scope.ts'
import { dayOf } from '../shared/store/keys.ts'
import { putMinuteCount, sumAgain } from '../shared/store/minute-counts.ts'
import { modeSchema } from '../shared/store/rows/fields.ts'
import { makeDocumentClient, Table } from '../shared/store/table.ts'
import type { Tables } from '../shared/store/tables.ts'
import { COUNT_NOT_WRITTEN } from '../shared/usage/minute-counter.ts'

const MINUTE_MS = 60_000

const lineSchema = z.object({
  msg: z.literal(COUNT_NOT_WRITTEN),
  what: z.enum(['apiCalls', 'webhookAttempts']),
  tenantId: z.string(),
  mode: modeSchema,
  incarnation: z.string(),
  minute: z.number().int(),
  count: z.number().int().positive(),
})

/**
 * Writes the counts of API calls and webhook attempts that the table refused, from the log lines that say so; other lines
 * are skipped. A row only grows: it may be done twice, and with lines whose count was written after all.
 * @returns how many lines were counts, and how many of them are too old: their days cannot be summed any more
 */
export const writeLostCounts = async (
  tables: Pick<Tables, 'usage'>,
  lines: AsyncIterable<string>,
  now: number,
): Promise<{ written: number; tooOld: number }> => {
  const result = { written: 0, tooOld: 0 }
  for await (const line of lines) {
    const parsed = lineSchema.safeParse(parseJson(line))
    if (!parsed.success) continue
    const { tenantId, mode, msg: _, ...row } = parsed.data
    const scope = TenantScope.fromVerified('systemRow', { tenantId, mode })
    const day = dayOf(row.minute * MINUTE_MS)
    // First the row, then the sum: whoever sums in between leaves the row out, and is forgotten.
    await putMinuteCount(tables, { ...row, scope })
    if (await sumAgain(tables, row.what, scope, day, now)) result.written++
    else result.tooOld++
  }
  return result
}

const parseJson = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [usageTable] = process.argv.slice(2)
  if (!usageTable) {
    process.stderr.write('usage: node tools/write-lost-counts.ts <name of the usage table> < lines of the logs\n')
    process.exit(2)
  }
  const usage = new Table(makeDocumentClient(), usageTable)
  const { written, tooOld } = await writeLostCounts({ usage }, createInterface(process.stdin), Date.now())
  process.stdout.write(`${written} counts written, ${tooOld} too old\n`)
}
