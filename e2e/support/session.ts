import type { Api } from './api.ts'
import { eventually } from './eventually.ts'

/** Creates a session, shows its QR and lets a simulated phone scan it. Resolves when it is connected. */
export const linkSession = async (api: Api, phone: string, name = 'e2e', deadlineMs = 60_000): Promise<string> => {
  const session = await api.post('/v1/sessions', { name })
  await api.post(`/v1/sessions/${session.id}/link`, { method: 'qr' })
  await eventually(
    'a QR',
    async () => (await api.raw('GET', `/v1/sessions/${session.id}/qr`)).status === 200,
    deadlineMs,
  )
  await api.post(`/v1/test/sessions/${session.id}/scan`, { phone })
  await waitForStatus(api, session.id, 'connected', deadlineMs)
  return session.id
}

export const waitForStatus = (api: Api, sessionId: string, status: string, deadlineMs = 60_000): Promise<any> =>
  eventually(
    `session ${status}`,
    async () => {
      const session = await api.get(`/v1/sessions/${sessionId}`)
      if (session.status !== status) throw new Error(`status is ${session.status} ${session.reason?.code ?? ''}`)
      return session
    },
    deadlineMs,
  )

/** All events of a session from the beginning, in order. */
export const readAllEvents = async (api: Api, sessionId: string): Promise<any[]> => {
  const events: any[] = []
  for (;;) {
    const after = events.at(-1)?.sequence ?? 0
    const page = await api.get(`/v1/events?sessionId=${sessionId}&afterSequence=${after}&limit=100`)
    events.push(...page.data)
    if (!page.hasMore) return events
  }
}
