import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Parsed list of ranges that a deployment opens on purpose (EGRESS_ALLOW_CIDRS; empty outside the local config). */
export type AllowedRanges = readonly (readonly [ipaddr.IPv4 | ipaddr.IPv6, number])[]

export const parseAllowedRanges = (list: string | null): AllowedRanges =>
  (list ?? '')
    .split(',')
    .map((range) => range.trim())
    .filter(Boolean)
    .map((range) => ipaddr.parseCIDR(range))

/** Global unicast IPv6 is 2000::/3; ipaddr.js alone lets ::a9fe:a9fe and 4000::1 through. */
const isGlobalIPv6 = (address: ipaddr.IPv6): boolean => (address.parts[0]! & 0xe000) === 0x2000

/**
 * May a customer's URL lead to this address? Only public unicast addresses, or ranges that were opened on purpose.
 * @param text an IP address, brackets allowed; anything that is not an address is refused
 */
export const isPublicAddress = (text: string, allowed: AllowedRanges = []): boolean => {
  const bare = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  if (isIP(bare) === 0) return false
  const address = ipaddr.process(bare)
  if (allowed.some(([network, bits]) => network.kind() === address.kind() && address.match([network, bits] as never)))
    return true
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || isGlobalIPv6(address as ipaddr.IPv6)
}
