import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { WhatsAppError } from '../errors.ts'
import type { QueryBudget } from '../query-budget.ts'

/** A server that is there answers within a second; callers wait at most 20 s for a command. */
const TIMEOUT_MS = 15_000
const TIMED_OUT = 408
const CONNECTION_CLOSED = 428

/** Asks the server one question. @throws WhatsAppError timed_out, server_refused (with waCode), rate_limited, connection_closed */
export type Ask = (node: BinaryNode) => Promise<BinaryNode>

interface LibraryError {
  readonly data?: unknown
  readonly message?: string
  readonly output?: { readonly statusCode?: number }
}

/** The library's errors in our words; anything else goes through as it is. */
export const translated = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof WhatsAppError) throw error
    const { data, message = '', output } = (error ?? {}) as LibraryError
    if (typeof data === 'number') throw new WhatsAppError('server_refused', message, data, { cause: error })
    if (output?.statusCode === TIMED_OUT) throw new WhatsAppError('timed_out', message, null, { cause: error })
    if (output?.statusCode === CONNECTION_CLOSED)
      throw new WhatsAppError('connection_closed', message, null, { cause: error })
    throw error
  }
}

/** @param timeoutMs of one question */
export const makeAsk =
  (socket: Pick<WASocket, 'query'>, budget: QueryBudget, timeoutMs = TIMEOUT_MS): Ask =>
  (node) =>
    translated(() =>
      budget.spend(async () => {
        // The library resolves with undefined when nobody answered.
        const answer: BinaryNode | undefined = await socket.query(node, timeoutMs)
        if (!answer) throw new WhatsAppError('timed_out', 'WhatsApp did not answer')
        return answer
      }),
    )

/** An iq to the server itself. */
export const iq = (
  type: 'get' | 'set',
  xmlns: string,
  content: BinaryNode[] | undefined,
  more: Readonly<Record<string, string>> = {},
): BinaryNode => ({ tag: 'iq', attrs: { to: '@s.whatsapp.net', type, xmlns, ...more }, content })
