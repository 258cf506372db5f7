import { type Api, ApiError } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { inBatches } from './in-batches.ts'

export const CONTACT = '+5511988880001'
const SENT = ['sent', 'delivered', 'read', 'played']
const ENDED_BADLY = ['failed', 'unknown', 'canceled']
const ASK_AT_ONCE = 8
const LOOK_EVERY_MS = 1_000

/**
 * Sends `rate` messages a second, session after session, until it is told to stop. Refusals are counted: they are no
 * promise that could be broken. Meanwhile it asks for the state of what it sent, so that the end has little left to ask.
 */
export const startLoad = (api: Api, sessionIds: readonly string[], rate: number) => {
  /** every accepted message's id at WhatsApp */
  const whatsappIds: string[] = []
  /** message id → time of its 202 */
  const open = new Map<string, number>()
  const latencies: number[] = []
  const lost: string[] = []
  const sending = new Set<Promise<void>>()
  /** problem code, or the error that came instead of an answer → how often */
  const refused: Record<string, number> = {}
  let count = 0
  const sendTimer = setInterval(() => {
    const sessionId = sessionIds[count++ % sessionIds.length]
    const send = api
      .post('/v1/messages', { sessionId, to: CONTACT, type: 'text', text: { body: `message ${count}` } })
      .then(
        ({ id, whatsappId }) => {
          whatsappIds.push(whatsappId)
          open.set(id, Date.now())
        },
        (error: unknown) => {
          const why = error instanceof ApiError ? `${error.answer.status} ${error.answer.body.code}` : String(error)
          refused[why] = (refused[why] ?? 0) + 1
        },
      )
    sending.add(send)
    void send.finally(() => sending.delete(send))
  }, 1000 / rate)
  const look = async () => {
    await inBatches([...open.keys()], ASK_AT_ONCE, async (id) => {
      const message = await api.get(`/v1/messages/${id}`)
      if (ENDED_BADLY.includes(message.status)) lost.push(`${id} ${message.status}`)
      else if (!SENT.includes(message.status)) return
      if (message.sentAt) latencies.push(Date.parse(message.sentAt) - open.get(id)!)
      open.delete(id)
    })
  }
  let looking: Promise<void> | null = null
  const lookTimer = setInterval(() => {
    // An error here is asked again at the end, where it counts.
    looking ??= look()
      .catch(() => {})
      .finally(() => {
        looking = null
      })
  }, LOOK_EVERY_MS)
  return {
    unsettled: () => open.size,
    /** @returns `lost`: what was accepted and ended badly, or is not sent by the deadline */
    stop: async (deadlineMs: number) => {
      clearInterval(sendTimer)
      clearInterval(lookTimer)
      await Promise.all([...sending, looking])
      const settle = async () => {
        await look()
        return open.size === 0
      }
      await eventually('every message is settled', settle, deadlineMs, LOOK_EVERY_MS).catch((error: Error) =>
        console.error(error.message),
      )
      return { whatsappIds, refused, lost: [...lost, ...open.keys()], latencies }
    },
  }
}
