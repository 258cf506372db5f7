/**
 * When senders are told that their messages were read. manual: when the tenant asks; onReceive: as soon as a message
 * stands in the API; never: not even when the tenant asks.
 */
export const READ_RECEIPTS = ['manual', 'onReceive', 'never'] as const
