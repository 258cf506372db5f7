import type { UsageRow } from './read-usage.ts'

const COLUMNS = ['period', 'sessionId', 'metric', 'direction', 'type', 'outcome', 'value'] as const

/** One value per line: a spreadsheet can pivot it, and a new message type adds lines, not columns. */
export const toUsageCsv = (rows: readonly UsageRow[]): string => toCsv([COLUMNS, ...rows.flatMap(linesOf)])

/** The same of many tenants, in one month. */
export const toTenantsCsv = (tenants: readonly { readonly tenantId: string; readonly usage: UsageRow }[]): string =>
  toCsv([
    ['tenantId', ...COLUMNS],
    ...tenants.flatMap(({ tenantId, usage }) => linesOf(usage).map((line) => [tenantId, ...line])),
  ])

const linesOf = (row: UsageRow): string[][] => {
  const plain = (
    ['sessionsActive', 'sessionSeconds', 'mediaBytes', 'webhookAttempts', 'apiCalls', 'estimatedCost'] as const
  )
    .filter((metric) => row[metric] !== null)
    .map((metric) => [row.period, row.sessionId ?? '', metric, '', '', '', String(row[metric])])
  const messages = row.messages.map(({ direction, type, outcome, count }) => [
    row.period,
    row.sessionId ?? '',
    'messages',
    direction,
    type,
    outcome,
    String(count),
  ])
  return [...messages, ...plain]
}

const toCsv = (lines: readonly (readonly string[])[]): string =>
  `${lines.map((cells) => cells.map(quote).join(',')).join('\r\n')}\r\n`

const quote = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
