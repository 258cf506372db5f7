export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** what it was measured with, and the baseline of the same run if there is one */
  readonly note?: string
}

export type Bench = () => Promise<readonly Figure[]>

export const printFigures = (bench: string, figures: readonly Figure[]): void => {
  for (const figure of figures) console.log(JSON.stringify({ bench, ...figure }))
  const width = Math.max(...figures.map((figure) => figure.name.length))
  for (const figure of figures)
    console.log(
      `  ${figure.name.padEnd(width)}  ${String(figure.value).padStart(10)} ${figure.unit.padEnd(8)} ${figure.note ?? ''}`,
    )
}

/** Value at quantile q (0…1) of unsorted numbers, rounded to two digits. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const at = Math.min(sorted.length - 1, Math.floor(q * sorted.length))
  return Math.round((sorted[at] ?? Number.NaN) * 100) / 100
}
