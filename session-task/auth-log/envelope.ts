import { createCipheriv, createDecipheriv } from 'node:crypto'
import * as z from 'zod'
import type { LogFault } from '../../shared/core/log-fault.ts'

const FORMAT = 1
const PREFIX_BYTES = 3
const TAG_BYTES = 16
const KIND_NUMBER = { segment: 1, snapshot: 2 } as const

const headerSchema = z.looseObject({
  v: z.literal(1),
  sessionId: z.string(),
  epoch: z.number().int().nonnegative(),
  openId: z.string(),
  kind: z.enum(['segment', 'snapshot']),
  seq: z.number().int().nonnegative(),
})

/** In clear and authenticated: who wrote what for which slot. */
export type EnvelopeHeader = z.infer<typeof headerSchema>

/** Why a log cannot be opened although the storage answers. A person has to look; nothing was overwritten. */
export class CorruptLogError extends Error {
  override readonly name = 'CorruptLogError'
  readonly fault: LogFault

  constructor(fault: LogFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.fault = fault
  }
}

/**
 * format(1) ‖ header length(2) ‖ header JSON ‖ tag(16) ‖ AES-256-GCM(body), everything before the tag as AAD.
 * The IV is not random but epoch ‖ kind ‖ seq: each open has a key of its own and a slot gets one content, so it never
 * repeats, as long as a retried put sends the bytes made here instead of sealing again.
 * @param body already compressed
 */
export const sealEnvelope = (key: Uint8Array, header: EnvelopeHeader, body: Uint8Array): Buffer => {
  const text = Buffer.from(JSON.stringify(header))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt8(FORMAT, 0)
  prefix.writeUInt16BE(text.length, 1)
  const aad = Buffer.concat([prefix, text])
  const cipher = createCipheriv('aes-256-gcm', key, ivOf(header))
  cipher.setAAD(aad)
  const sealed = Buffer.concat([cipher.update(body), cipher.final()])
  return Buffer.concat([aad, cipher.getAuthTag(), sealed])
}

/** Header without the key: not authenticated until `openEnvelope`. @throws CorruptLogError */
export const readHeader = (bytes: Uint8Array): EnvelopeHeader => split(bytes).header

/** @returns the body, still compressed. @throws CorruptLogError when it was changed or lies in another place */
export const openEnvelope = (
  key: Uint8Array,
  bytes: Uint8Array,
  place: Pick<EnvelopeHeader, 'sessionId' | 'kind' | 'seq'>,
): Buffer => {
  const { header, aad, tag, sealed } = split(bytes)
  if (header.sessionId !== place.sessionId || header.kind !== place.kind || header.seq !== place.seq)
    throw new CorruptLogError(
      'corrupt_record',
      `${place.kind} ${place.seq} holds ${header.kind} ${header.seq} of ${header.sessionId}`,
    )
  const decipher = createDecipheriv('aes-256-gcm', key, ivOf(header))
  decipher.setAAD(aad)
  decipher.setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(sealed), decipher.final()])
  } catch (cause) {
    throw new CorruptLogError(
      'corrupt_record',
      `${place.kind} ${place.seq} does not decrypt with the key of epoch ${header.epoch}`,
      {
        cause,
      },
    )
  }
}

const ivOf = ({ epoch, kind, seq }: EnvelopeHeader): Buffer => {
  const iv = Buffer.alloc(12)
  iv.writeUIntBE(epoch, 0, 5)
  iv.writeUInt8(KIND_NUMBER[kind], 5)
  iv.writeUIntBE(seq, 6, 6)
  return iv
}

const split = (input: Uint8Array) => {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  if (bytes.length < PREFIX_BYTES) throw new CorruptLogError('corrupt_record', 'log object is cut short')
  const format = bytes[0] ?? 0
  if (format !== FORMAT)
    throw new CorruptLogError(format > FORMAT ? 'future_format' : 'corrupt_record', `unknown log format ${format}`)
  const end = PREFIX_BYTES + bytes.readUInt16BE(1)
  if (bytes.length < end + TAG_BYTES) throw new CorruptLogError('corrupt_record', 'log object is cut short')
  const header = headerSchema.safeParse(parseJson(bytes.subarray(PREFIX_BYTES, end)))
  if (!header.success) throw new CorruptLogError('corrupt_record', 'log object has no header', { cause: header.error })
  return {
    header: header.data,
    aad: bytes.subarray(0, end),
    tag: bytes.subarray(end, end + TAG_BYTES),
    sealed: bytes.subarray(end + TAG_BYTES),
  }
}

const parseJson = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString())
  } catch (cause) {
    throw new CorruptLogError('corrupt_record', 'log header is no JSON', { cause })
  }
}
