export type Mode = 'live' | 'test'

/**
 * The only key to tenant data: every tenant repository takes one, none accepts a tenant id. It is made in three places
 * (the auth middleware, the queue-envelope parser, rows read by a system role), each of which has verified the pair.
 */
export class TenantScope {
  readonly tenantId: string
  readonly mode: Mode

  private constructor(tenantId: string, mode: Mode) {
    this.tenantId = tenantId
    this.mode = mode
  }

  /** From an authenticated principal, a parsed queue envelope, or a row that a system role read. */
  static fromVerified(
    source: 'principal' | 'envelope' | 'systemRow',
    pair: { tenantId: string; mode: Mode },
  ): TenantScope {
    if (!/^ten_[0-9A-Z]{26}$/.test(pair.tenantId)) throw new Error(`not a tenant id (from ${source})`)
    return new TenantScope(pair.tenantId, pair.mode)
  }

  /** Prefix of every tenant partition key, in tables and tenant indexes. */
  get prefix(): string {
    return `T#${this.tenantId}#${this.mode === 'live' ? 'L' : 'T'}#`
  }

  equals(other: TenantScope): boolean {
    return this.tenantId === other.tenantId && this.mode === other.mode
  }
}
