import { isIP } from 'node:net'
import { type AllowedRanges, isPublicAddress, parseAllowedRanges } from './address.ts'

export interface EgressRules {
  readonly allowedRanges: AllowedRanges
  readonly allowHttp: boolean
}

export const parseEgressRules = (environment: { cidrs: string | null; http: string | null }): EgressRules => ({
  allowedRanges: parseAllowedRanges(environment.cidrs),
  allowHttp: environment.http === 'true',
})

const PRIVILEGED_PORTS = [80, 443]
const FIRST_FREE_PORT = 1024

/**
 * What can be said about a customer's URL without looking anything up. @returns the problem in words that may be shown
 * to the customer, or null. The guard checks again at connect time: names can change.
 */
export const problemOfUrl = (text: string, rules: EgressRules): string | null => {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return 'Not a valid URL'
  }
  if (url.protocol !== 'https:' && !(rules.allowHttp && url.protocol === 'http:')) return 'The URL must use https'
  if (url.username || url.password) return 'The URL must not contain credentials'
  if (url.hash) return 'The URL must not contain a fragment'
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  if (!PRIVILEGED_PORTS.includes(port) && port < FIRST_FREE_PORT)
    return 'This port is not allowed: use 443 or 1024 and above'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) && !isPublicAddress(host, rules.allowedRanges)) return 'The URL must not lead to a private address'
  if (/(^|\.)localhost\.*$/i.test(host) && !isPublicAddress('127.0.0.1', rules.allowedRanges))
    return 'The URL must not lead to a private address'
  return null
}
