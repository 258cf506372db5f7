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
  return leadsToPrivate(url, rules) ? 'The URL must not lead to a private address' : null
}

/** The same for the address of a proxy, which may have a password. @returns the problem in words, or null */
export const problemOfProxyUrl = (text: string, rules: Pick<EgressRules, 'allowedRanges'>): string | null => {
  const url = URL.canParse(text) ? new URL(text) : null
  // What comes after a % in a password has to be readable.
  if (/%(?![0-9a-f]{2})/i.test(url?.username + (url?.password ?? ''))) return 'has a % in its password: write %25'
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search || url.hash)
    return 'is not like http://user:password@proxy.example.com:3128'
  return leadsToPrivate(url, rules) ? 'leads to a private address' : null
}

const leadsToPrivate = (url: URL, { allowedRanges }: Pick<EgressRules, 'allowedRanges'>): boolean => {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host)) return !isPublicAddress(host, allowedRanges)
  return /(^|\.)localhost\.*$/i.test(host) && !isPublicAddress('127.0.0.1', allowedRanges)
}
