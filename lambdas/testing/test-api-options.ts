import type { EgressRules } from '../../shared/egress/url-rules.ts'

export interface TestApiOptions {
  readonly controlUrl?: string | null
  readonly liveModeEnabled?: boolean
  readonly egressRules?: EgressRules
  /** handlers in place of the real ones, by operation: to prove that a test sees what they do wrong */
  // biome-ignore lint/suspicious/noExplicitAny: a planted defect has whatever shape it needs
  readonly replace?: Readonly<Record<string, any>>
}
