import type { Event, EventType, Message, Session } from './types.ts'

type MessageEvent = 'sent' | 'delivered' | 'read' | 'played' | 'failed' | 'unknown' | 'received'
type SessionEvent =
  | 'created'
  | 'deleted'
  | 'linked'
  | 'connected'
  | 'disconnected'
  | 'restricted'
  | 'loggedOut'
  | 'failed'
  | 'moved'

/** What `data` of an event holds. */
export type EventData<Type extends EventType> = Type extends `message.${MessageEvent}`
  ? { readonly message: Message }
  : Type extends `session.${SessionEvent}`
    ? { readonly session: Session }
    : Readonly<Record<string, unknown>>

/** An event of any type: `switch (event.type)` gives `data` its type. */
export type FleetlineEvent = {
  [Type in EventType]: Omit<Event, 'type' | 'data'> & { readonly type: Type; readonly data: EventData<Type> }
}[EventType]
