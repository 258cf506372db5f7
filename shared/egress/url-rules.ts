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
const PORT_PROBLEM = 'This port is not allowed: use 443 or 1024 and above'

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
  if (!isPortAllowed(url)) return PORT_PROBLEM
  return leadsToPrivate(url, rules) ? 'The URL must not lead to a private address' : null
}

/** The same for the address of a proxy, which may have a password. @returns the problem in words, or null */
export const problemOfProxyUrl = (text: string, rules: Pick<EgressRules, 'allowedRanges'>): string | null => {
  const url = URL.canParse(text) ? new URL(text) : null
  // What comes after a % in a password has to be readable.
  if (url && !isDecodable(url.username + url.password)) return 'has a % in its password: write %25'
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search || url.hash)
    return 'is not like http://user:password@proxy.example.com:3128'
  return leadsToPrivate(url, rules) ? 'leads to a private address' : null
}

/** The same for a proxy that a tenant names: it may not knock at other services of a host. @returns as problemOfUrl */
export const problemOfTenantProxyUrl = (text: string, rules: Pick<EgressRules, 'allowedRanges'>): string | null => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url && url.username === MASK && !url.password)
    return `${MASK} stands for credentials: send the whole URL, or no proxy field`
  const problem = problemOfProxyUrl(text, rules)
  if (problem) return `The URL ${problem}`
  return isPortAllowed(url as URL) ? null : PORT_PROBLEM
}

const MASK = '***'

/** A proxy as people see it. @param text judged by problemOfProxyUrl */
export const maskProxyUrl = (text: string): string => {
  const { protocol, username, password, host } = new URL(text)
  return `${protocol}//${username || password ? `${MASK}@` : ''}${host}`
}

const isPortAllowed = (url: URL): boolean => {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  return PRIVILEGED_PORTS.includes(port) || port >= FIRST_FREE_PORT
}

const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

const leadsToPrivate = (url: URL, { allowedRanges }: Pick<EgressRules, 'allowedRanges'>): boolean => {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host)) return !isPublicAddress(host, allowedRanges)
  return /(^|\.)localhost\.*$/i.test(host) && !isPublicAddress('127.0.0.1', allowedRanges)
}
