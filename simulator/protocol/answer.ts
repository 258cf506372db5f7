import type { Stanza } from '../wire/codec.ts'

/** What a query is answered with: content of a result, or an error. */
export type Answer = { content?: Stanza[] } | { error: number; text: string }

export const DONE: Answer = {}
export const NOT_IMPLEMENTED: Answer = { error: 501, text: 'feature-not-implemented' }
export const BAD_REQUEST: Answer = { error: 400, text: 'bad-request' }
export const FORBIDDEN: Answer = { error: 403, text: 'forbidden' }
export const NOT_FOUND: Answer = { error: 404, text: 'item-not-found' }
