/**
 * The best of `offered` for an Accept header (first = default); null when none is wanted. Exact types, whole families
 * and "anything", with q values; more is not needed here.
 */
export const negotiate = (accept: string | null, offered: readonly string[]): string | null => {
  if (!accept?.trim()) return offered[0] ?? null
  const wishes = accept.split(',').map((part) => {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    const q = Number(parameters.find((text) => text.startsWith('q='))?.slice(2) ?? 1)
    return { range, q: Number.isFinite(q) ? q : 0 }
  })
  const ranked = offered.map((type, index) => ({ type, index, q: qualityOf(type, wishes) }))
  const best = ranked.filter(({ q }) => q > 0).sort((a, b) => b.q - a.q || a.index - b.index)[0]
  return best?.type ?? null
}

/** The most specific range that names the type decides. */
const qualityOf = (type: string, wishes: readonly { range: string; q: number }[]): number => {
  const ranges = [type, `${type.slice(0, type.indexOf('/'))}/*`, '*/*']
  for (const range of ranges) {
    const wish = wishes.find((candidate) => candidate.range === range)
    if (wish) return wish.q
  }
  return 0
}
