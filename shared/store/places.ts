/** Where a sealed value lies: bound into its authentication tag, so that a value moved elsewhere does not open. */
export const messageContentPlace = (messageId: string): string => `M#${messageId}`
export const messageProtoPlace = (messageId: string): string => `P#${messageId}`
export const answerPlace = (messageId: string, who: string): string => `A#${messageId}#${who}`
export const eventDataPlace = (eventId: string): string => `E#${eventId}`
export const operationInputPlace = (operationId: string): string => `OI#${operationId}`
export const operationResultPlace = (operationId: string): string => `OR#${operationId}`
export const endpointSecretPlace = (endpointId: string): string => `WH#${endpointId}`
export const sessionProxyPlace = (sessionId: string): string => `PX#${sessionId}`
export const mediaDetailsPlace = (mediaId: string): string => `MED#${mediaId}`
