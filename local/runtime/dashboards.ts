import { keyOf, type MetricHistory, type Points } from './metric-history.ts'
import type { ResolvedResource } from './template/resolver.ts'

export interface DrawnSeries {
  readonly label: string
  readonly axis: 'left' | 'right'
  readonly points: Points
  /** a metric of AWS itself, which nobody measures on this machine */
  readonly isElsewhere: boolean
}
export type DrawnWidget =
  | { readonly type: 'text'; readonly markdown: string }
  | { readonly type: 'graph'; readonly title: string; readonly series: readonly DrawnSeries[] }
export interface DrawnDashboard {
  readonly name: string
  readonly widgets: readonly DrawnWidget[]
}

/** What we read of a dashboard's body, in CloudWatch's own format. */
interface Options {
  readonly stat?: string
  readonly label?: string
  readonly yAxis?: 'left' | 'right'
  readonly visible?: boolean
  readonly id?: string
  readonly expression?: string
}
type Row = readonly (string | Options)[]
interface Body {
  readonly widgets: readonly {
    readonly type: string
    readonly properties: { readonly markdown?: string; readonly title?: string; readonly metrics?: readonly Row[] }
  }[]
}

const OWN_NAMESPACE = 'Fleetline'

/** The dashboards of the template, drawn from what this machine measured. @throws on an expression it cannot calculate */
export const drawDashboards = (
  resources: readonly ResolvedResource[],
  history: MetricHistory,
): readonly DrawnDashboard[] =>
  resources
    .filter(({ type }) => type === 'AWS::CloudWatch::Dashboard')
    .map(({ properties }) => ({
      name: String(properties.DashboardName),
      widgets: (JSON.parse(properties.DashboardBody) as Body).widgets.map(({ type, properties: widget }) =>
        type === 'text'
          ? { type: 'text', markdown: widget.markdown ?? '' }
          : { type: 'graph', title: widget.title ?? '', series: drawSeries(widget.metrics ?? [], history) },
      ),
    }))

const drawSeries = (rows: readonly Row[], history: MetricHistory): DrawnSeries[] => {
  const parsed = rows.map((row) => parseRow(row))
  const byId = new Map(parsed.map((row) => [row.options.id, row]))
  const pointsOf = ({ name, dimensions, options }: ParsedRow): Points => {
    if (options.expression) {
      const ids = operandsOf(options.expression)
      const operands = ids.map((id) => {
        const operand = byId.get(id)
        if (!operand) throw new Error(`${options.expression} names ${id}, which is not in its graph`)
        return pointsOf(operand)
      })
      return combine(options.expression.startsWith('MAX') ? 'MAX' : 'SUM', operands)
    }
    return history.read(keyOf(name, dimensions), options.stat ?? 'Average')
  }
  const shown = parsed.filter(({ options }) => options.visible !== false)
  return shown
    .map((row) => ({
      label:
        row.options.label ?? (row.options.stat === 'Sum' ? row.name : `${row.name} ${row.options.stat ?? ''}`.trim()),
      axis: row.options.yAxis ?? 'left',
      points: pointsOf(row),
    }))
    .map((series, index) => ({ ...series, isElsewhere: isElsewhere(shown[index]!, series.points) }))
}

const isElsewhere = ({ namespace, options }: ParsedRow, points: Points): boolean =>
  !options.expression && namespace !== OWN_NAMESPACE && points.length === 0

interface ParsedRow {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly options: Options
}

/** [namespace, name, dimension, value, …, options], or [options] alone for an expression. */
const parseRow = (row: Row): ParsedRow => {
  const words = row.filter((part) => typeof part === 'string')
  const options = row.find((part) => typeof part === 'object') ?? {}
  const [namespace = '', name = '', ...rest] = words
  const dimensions: Record<string, string> = {}
  for (let index = 0; index < rest.length; index += 2) dimensions[rest[index]!] = rest[index + 1]!
  return { namespace, name, dimensions, options }
}

/** The only metric math of the dashboards: SUM([FILL(a, 0), FILL(b, 0)]), or MAX. */
const operandsOf = (expression: string): string[] => {
  if (!/^(SUM|MAX)\(\[(FILL\(\w+, 0\)(, )?)+\]\)$/.test(expression))
    throw new Error(`the local dashboards cannot calculate ${expression}`)
  return [...expression.matchAll(/FILL\((\w+), 0\)/g)].map((match) => match[1]!)
}

const combine = (how: 'SUM' | 'MAX', operands: readonly Points[]): Points => {
  const maps = operands.map((points) => new Map(points))
  const times = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort((a, b) => a - b)
  return times.map((at) => {
    const values = maps.map((map) => map.get(at) ?? 0)
    return [at, how === 'SUM' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)]
  })
}
