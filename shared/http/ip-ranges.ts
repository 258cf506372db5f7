import ipaddr from 'ipaddr.js'

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number]

/** An address or a CIDR range; null when the text is neither. */
const parseRange = (text: string): Range | null => {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  if (!ipaddr.isValid(text)) return null
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

export const isRange = (text: string): boolean => parseRange(text) !== null

/** Does `outer` contain all of `inner`? */
export const containsRange = (outer: string, inner: string): boolean => {
  const [a, b] = [parseRange(outer), parseRange(inner)]
  if (!a || !b || a[0].kind() !== b[0].kind() || a[1] > b[1]) return false
  return b[0].match(a as [ipaddr.IPv4, number])
}

/** An empty list allows every address. */
export const allowsAddress = (ranges: readonly string[], address: string | null): boolean =>
  ranges.length === 0 || (address !== null && ranges.some((range) => containsRange(range, address)))
