import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import { makeSQSClient } from '../../shared/aws/sqs.ts'

const TIMEOUT_MS = 10_000

/** The signer's idea of a hash, by Node's own. */
class Sha256 {
  readonly #hash
  constructor(secret?: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }
  update(data: string | Uint8Array | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}
const bytesOf = (data: string | Uint8Array | ArrayBuffer | ArrayBufferView): Buffer =>
  typeof data === 'string'
    ? Buffer.from(data)
    : ArrayBuffer.isView(data)
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      : Buffer.from(data)

/**
 * One call of an AWS service that speaks JSON and for which a whole client would be carried along for two questions. The
 * credentials and the region are those that every other client of this process uses.
 * @throws Error with the service's own error type as its name
 */
export const callAwsJson = async <T>(service: string, target: string, input: object): Promise<T> => {
  const known = makeSQSClient()
  try {
    const [credentials, region] = await Promise.all([known.config.credentials(), known.config.region()])
    const url = new URL(process.env.AWS_ENDPOINT_URL || `https://${service}.${region}.amazonaws.com/`)
    const body = JSON.stringify(input)
    const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 })
    const signed = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      port: url.port ? Number(url.port) : undefined,
      path: '/',
      headers: { host: url.host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
      body,
    })
    const answer = await fetch(url, {
      method: 'POST',
      headers: signed.headers,
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await answer.text()
    if (answer.ok) return JSON.parse(text) as T
    throw namedError(text, answer.status)
  } finally {
    known.destroy()
  }
}

const namedError = (text: string, status: number): Error => {
  try {
    const { __type, message, Message } = JSON.parse(text)
    const name = String(__type ?? status).replace(/^.*#/, '')
    return Object.assign(new Error(`${name}: ${message ?? Message ?? 'no reason given'}`), { name })
  } catch {
    return new Error(`answers ${status}: ${text.slice(0, 200)}`) // not JSON: its own words say what it is
  }
}
