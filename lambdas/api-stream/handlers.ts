import type { HandlersOf } from '../../shared/http/handler.ts'
import type { OpenStream } from './open-stream.ts'
import { streamEvents } from './operations/stream-events.ts'
import { streamSession } from './operations/stream-session.ts'
import type { StreamServices } from './stream-services.ts'

/**
 * The handlers check key, rights and position like any other operation and answer with the head of the stream; `begin`
 * gets the stream that the rest comes from.
 */
export const makeStreamHandlers = (
  services: StreamServices,
  begin: (stream: OpenStream) => void,
): HandlersOf<'api-stream'> => ({
  streamSession: streamSession(services, begin),
  streamEvents: streamEvents(services, begin),
})
