import type { FleetlineEvent } from './events.ts'
import { Resources } from './resources.ts'
import { type ClientOptions, makeSend, type RequestOptions } from './send.ts'

/**
 * The Fleetline API.
 *
 *     const fleetline = new Fleetline({ apiKey: 'flk_test_…', baseUrl: 'https://api.example.com' })
 *     const session = await fleetline.sessions.create({ name: 'Support line' })
 */
export class Fleetline extends Resources {
  constructor(options: ClientOptions) {
    super(makeSend(options))
  }

  /**
   * Every event from a cursor on, forever: waits when there are none. Keep `cursor` to go on after a restart.
   * @param query sessionId: of one session only; pollSeconds: pause when there is nothing new, default 2
   */
  async *followEvents(
    query: { readonly cursor?: string; readonly sessionId?: string; readonly pollSeconds?: number } = {},
    options: RequestOptions = {},
  ): AsyncGenerator<{ readonly event: FleetlineEvent; readonly cursor: string }> {
    const { pollSeconds = 2, ...filters } = query
    let cursor = filters.cursor
    while (!options.signal?.aborted) {
      const page = await this.events.list({ ...filters, ...(cursor === undefined ? {} : { cursor }) }, options)
      cursor = page.nextCursor
      for (const event of page.data) yield { event: event as FleetlineEvent, cursor }
      if (!page.hasMore) await new Promise((resolve) => setTimeout(resolve, pollSeconds * 1000))
    }
  }
}
