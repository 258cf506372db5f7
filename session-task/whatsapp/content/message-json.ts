/** A decoded proto.Message as JSON: 64-bit numbers and bytes are strings (decimal, base64), enums their names. */
export type MessageJson = Readonly<Record<string, unknown>>
