/** A file that a message brought, or that is fetched for one, has the id that follows from the message's. */
export const mediaIdOf = (messageId: string): string => `med_${messageId.slice(messageId.indexOf('_') + 1)}`
