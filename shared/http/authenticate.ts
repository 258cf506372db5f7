import { hashApiKey, isOneOfHashes, kindOfKey } from '../core/api-key.ts'
import { Fault } from '../core/fault.ts'
import { limitsOf } from '../core/plans.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import { type ApiKeyRow, findApiKey } from '../store/api-keys.ts'
import { redeemStreamTicket } from '../store/stream-tickets.ts'
import type { Tables } from '../store/tables.ts'
import { type TenantRow, Tenants } from '../store/tenants.ts'
import type { ProxyEvent } from './gateway.ts'
import { allowsAddress } from './ip-ranges.ts'
import { peppersOf, type SecretReader } from './platform-secret.ts'
import type { Principal, TenantPrincipal } from './principal.ts'
import { headerOf, queryOf } from './request.ts'

/** How long a revoked or changed key may still work in a warm environment. */
const CACHE_TTL_MS = 30_000
const CACHE_MAX_ENTRIES = 10_000
const SECRET_RECHECK_MS = 10_000

const unauthorized = (detail: string): Fault => new Fault('unauthorized', { detail })
const UNKNOWN_KEY = 'This API key does not exist (any more).'

/** The key of `Authorization: Bearer …` or `X-Api-Key`. @throws Fault unauthorized */
const presentedKey = (event: ProxyEvent): string => {
  const authorization = headerOf(event, 'authorization')
  const apiKey = headerOf(event, 'x-api-key')
  const bearer = authorization === null ? null : (/^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? null)
  if (authorization !== null && bearer === null)
    throw unauthorized('The Authorization header must be "Bearer " and an API key.')
  if (bearer !== null && apiKey !== null && bearer !== apiKey)
    throw unauthorized('Authorization and X-Api-Key name two different keys: send one.')
  const key = bearer ?? apiKey
  if (!key) throw unauthorized('Send an API key as "Authorization: Bearer flk_…" or "X-Api-Key: flk_…".')
  return key
}

/** Verifies keys. A malformed key or a wrong checksum is refused before anything is read. */
export class Authenticator {
  readonly #tables: Tables
  readonly #readSecret: SecretReader
  readonly #clock: () => number
  readonly #cache = new Map<string, { row: ApiKeyRow; tenant: TenantRow; until: number }>()

  constructor(input: { tables: Tables; readSecret: SecretReader; clock?: () => number }) {
    this.#tables = input.tables
    this.#readSecret = input.readSecret
    this.#clock = input.clock ?? Date.now
  }

  /** @throws Fault unauthorized (unknown, revoked, expired), forbidden (address not allowed) */
  async authenticate(event: ProxyEvent, acceptsTicket = false): Promise<Principal> {
    const [ticket] = acceptsTicket ? (queryOf(event).ticket ?? []) : []
    if (ticket !== undefined) return this.#redeem(ticket, event)
    const key = presentedKey(event)
    const kind = kindOfKey(key)
    if (kind === null) throw unauthorized('This is not a Fleetline API key: the text is malformed or has a typo.')
    if (kind === 'admin') return this.#authenticateAdmin(key)
    const peppers = peppersOf(await this.#readSecret())
    return this.#admit(await this.#find(peppers.map((pepper) => hashApiKey(pepper, key))), event)
  }

  #admit({ row, tenant }: { row: ApiKeyRow; tenant: TenantRow }, event: ProxyEvent): TenantPrincipal {
    if (row.revokedAt !== null) throw unauthorized('This API key was revoked.')
    if (row.expiresAt !== null && row.expiresAt <= this.#clock()) throw unauthorized('This API key has expired.')
    if (!allowsAddress(row.ipAllow, event.requestContext.identity?.sourceIp ?? null))
      throw new Fault('forbidden', { detail: 'This API key may not be used from this address (ipAllow).' })
    return {
      kind: 'tenant',
      scope: TenantScope.fromVerified('principal', { tenantId: row.tenantId, mode: row.mode }),
      tenant,
      key: row,
      limits: limitsOf(tenant),
    }
  }

  /** The rights of the key that made it, as they are now. A ticket that was used once is gone. */
  async #redeem(ticket: string, event: ProxyEvent): Promise<TenantPrincipal> {
    const found = await redeemStreamTicket(this.#tables, ticket, this.#clock())
    if (!found) throw unauthorized('This ticket was used, has expired or never existed: get a new one.')
    const principal = this.#admit(await this.#find([found.keyHash]), event)
    return found.sessionId === null
      ? principal
      : { ...principal, key: { ...principal.key, sessionId: found.sessionId } }
  }

  /** A new admin key works at once: an unknown one makes us read the secret again, at most every ten seconds. */
  async #authenticateAdmin(key: string): Promise<Principal> {
    for (const maximumAgeMs of [undefined, SECRET_RECHECK_MS]) {
      const secret = await this.#readSecret(maximumAgeMs)
      for (const pepper of peppersOf(secret))
        if (isOneOfHashes(secret.adminKeyHashes, hashApiKey(pepper, key))) return { kind: 'admin' }
    }
    throw unauthorized(UNKNOWN_KEY)
  }

  /**
   * By the hash under the newest pepper, then under older ones. Only keys that exist are remembered: a new key works at
   * once.
   */
  async #find(hashes: readonly string[]): Promise<{ row: ApiKeyRow; tenant: TenantRow }> {
    for (const hash of hashes) {
      const cached = this.#cache.get(hash)
      if (cached && cached.until > this.#clock()) return cached
    }
    for (const hash of hashes) {
      const row = await findApiKey(this.#tables, hash)
      if (!row) continue
      const tenant = await new Tenants(this.#tables).get(row.tenantId)
      if (!tenant || tenant.status === 'deleting' || tenant.status === 'deleted') break
      if (this.#cache.size >= CACHE_MAX_ENTRIES) this.#cache.clear()
      this.#cache.set(hash, { row, tenant, until: this.#clock() + CACHE_TTL_MS })
      return { row, tenant }
    }
    throw unauthorized(UNKNOWN_KEY)
  }
}
