/** Runs a task per item, at most `width` at a time. Rejects with the first failure; what runs then runs to its end. */
export const inParallel = async <T>(
  width: number,
  items: readonly T[],
  task: (item: T) => Promise<void>,
): Promise<void> => {
  const rest = [...items]
  const lane = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await task(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
}
