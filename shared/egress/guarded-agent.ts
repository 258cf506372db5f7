import dns from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, buildConnector } from 'undici'
import { isPublicAddress } from './address.ts'
import type { EgressRules } from './url-rules.ts'

/** The URL led to an address that we never call. The address is for our log only. */
export class BlockedAddressError extends Error {
  readonly code = 'ERR_BLOCKED_ADDRESS'
  readonly address: string
  constructor(address: string) {
    super('the address is not allowed')
    this.name = 'BlockedAddressError'
    this.address = address
  }
}

type LookupAll = (hostname: string) => Promise<readonly { address: string; family: number }[]>

const systemLookup: LookupAll = (hostname) => dns.promises.lookup(hostname, { all: true, verbatim: true })

/**
 * An undici agent that only connects to public addresses. The check sits in the connector, because for a literal host
 * node never calls `lookup`: the literal is checked, every DNS answer is checked (one bad answer blocks all: rebinding),
 * and the address the socket really reached is checked before a byte is written.
 */
export const makeGuardedAgent = (
  rules: EgressRules,
  options: { connectTimeoutMs?: number; lookupAll?: LookupAll; ca?: string | Buffer } = {},
): Agent => {
  const lookupAll = options.lookupAll ?? systemLookup
  const guardedLookup: LookupFunction = (hostname, lookupOptions, callback) => {
    lookupAll(hostname).then(
      (answers) => {
        const bad = answers.find((answer) => !isPublicAddress(answer.address, rules.allowedRanges))
        if (bad) return callback(new BlockedAddressError(bad.address) as NodeJS.ErrnoException, '', 0)
        const usable = answers.filter((answer) => !lookupOptions.family || answer.family === lookupOptions.family)
        if (lookupOptions.all) return callback(null, usable as dns.LookupAddress[])
        const first = usable[0] ?? answers[0]
        if (!first) return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0)
        callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    )
  }
  const connect = buildConnector({
    timeout: options.connectTimeoutMs ?? 5_000,
    lookup: guardedLookup,
    ...(options.ca ? { ca: options.ca } : {}),
  })
  const guardedConnect: buildConnector.connector = (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) && !isPublicAddress(host, rules.allowedRanges)) return callback(new BlockedAddressError(host), null)
    connect(target, (error, socket) => {
      if (error || !socket) return callback(error ?? new Error('no socket'), null)
      const reached = socket.remoteAddress ?? ''
      if (!isPublicAddress(reached, rules.allowedRanges)) {
        socket.destroy()
        return callback(new BlockedAddressError(reached), null)
      }
      callback(null, socket)
    })
  }
  return new Agent({ connect: guardedConnect, connections: 20, pipelining: 1, keepAliveTimeout: 4_000 })
}
