import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32 } from 'node:zlib'
import { decodeAwsChunked } from './aws-chunked.ts'
import { S3Store } from './s3-store.ts'

const LIST_LIMIT = 1000
const MAXIMUM_BODY_BYTES = 128 * 1024 * 1024
/** Sub-resources that this emulator does not have. Answering 200 to them would be a lie. */
const UNSUPPORTED = [
  'tagging',
  'versioning',
  'policy',
  'cors',
  'acl',
  'lifecycle',
  'uploads',
  'uploadId',
  'encryption',
  'website',
]

export interface S3Emulator {
  readonly url: string
  readonly store: S3Store
  stop(): Promise<void>
}

class S3Error extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** S3 over loopback: path style, conditional PUTs that hold, checksums that are checked. */
export const startS3 = async (input: { dataDir?: string; port?: number }): Promise<S3Emulator> => {
  const store = new S3Store(input.dataDir)
  const server = createServer((request, response) => {
    handle(store, request, response).catch((error) => answerError(response, error))
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(input.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      store.close()
    },
  }
}

const handle = async (store: S3Store, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://s3')
  const [, bucket = '', ...rest] = url.pathname.split('/')
  const key = decodeURIComponent(rest.join('/'))
  const unsupported = UNSUPPORTED.find((name) => url.searchParams.has(name))
  if (unsupported) throw new S3Error(501, 'NotImplemented', `the local S3 has no ?${unsupported}`)
  checkPresigned(url)
  const body = await readBody(request)
  if (!key) return handleBucket(store, request.method ?? 'GET', decodeURIComponent(bucket), url, response)
  if (!store.hasBucket(bucket)) throw new S3Error(404, 'NoSuchBucket', `the bucket ${bucket} does not exist`)
  switch (request.method) {
    case 'PUT':
      return putObject(store, bucket, key, body, request, response)
    case 'GET':
    case 'HEAD':
      return getObject(store, bucket, key, request, response)
    case 'DELETE':
      store.remove(bucket, key)
      response.writeHead(204).end()
      return
    default:
      throw new S3Error(405, 'MethodNotAllowed', `${request.method} is not supported`)
  }
}

/** A presigned link does its thing for so long and no longer. Its signature is not checked: there are no accounts here. */
const checkPresigned = (url: URL): void => {
  const signedAt = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(url.searchParams.get('X-Amz-Date') ?? '')
  if (!signedAt) return
  const [, year, month, day, hour, minute, second] = signedAt.map(Number)
  const at = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second)
  if (Date.now() > at + Number(url.searchParams.get('X-Amz-Expires')) * 1000)
    throw new S3Error(403, 'AccessDenied', 'Request has expired')
}

const handleBucket = (store: S3Store, method: string, bucket: string, url: URL, response: ServerResponse): void => {
  if (method === 'PUT') {
    store.createBucket(bucket)
    response.writeHead(200).end()
    return
  }
  if (!bucket) {
    const names = store.listBuckets().map((name) => `<Bucket><Name>${escapeXml(name)}</Name></Bucket>`)
    const body = `<ListAllMyBucketsResult><Buckets>${names.join('')}</Buckets></ListAllMyBucketsResult>`
    answerXml(response, 200, body)
    return
  }
  if (!store.hasBucket(bucket)) throw new S3Error(404, 'NoSuchBucket', `the bucket ${bucket} does not exist`)
  if (method === 'HEAD') {
    response.writeHead(200).end()
    return
  }
  if (method !== 'GET') throw new S3Error(405, 'MethodNotAllowed', `${method} of a bucket is not supported`)
  const prefix = url.searchParams.get('prefix') ?? ''
  const after = url.searchParams.get('continuation-token') ?? url.searchParams.get('start-after') ?? ''
  const limit = Math.min(Number(url.searchParams.get('max-keys') ?? LIST_LIMIT), LIST_LIMIT)
  const found = store.list(bucket, { prefix, after, limit: limit + 1 })
  const page = found.slice(0, limit)
  const truncated = found.length > limit
  const contents = page.map(
    (item) =>
      `<Contents><Key>${escapeXml(item.key)}</Key><LastModified>${new Date(item.modifiedAt).toISOString()}</LastModified><ETag>${escapeXml(item.etag)}</ETag><Size>${item.size}</Size></Contents>`,
  )
  const next = truncated ? `<NextContinuationToken>${escapeXml(page.at(-1)!.key)}</NextContinuationToken>` : ''
  answerXml(
    response,
    200,
    `<ListBucketResult><Name>${escapeXml(bucket)}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${limit}</MaxKeys><IsTruncated>${truncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
  )
}

const putObject = (
  store: S3Store,
  bucket: string,
  key: string,
  body: Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  if (request.headers['x-amz-copy-source']) throw new S3Error(501, 'NotImplemented', 'the local S3 does not copy')
  checkDigests(body, request)
  const result = store.put(bucket, key, body, {
    ifNoneMatch: request.headers['if-none-match'],
    ifMatch: request.headers['if-match'],
  })
  if (result.outcome === 'preconditionFailed')
    throw new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
  if (result.outcome === 'noSuchKey') throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.')
  response.writeHead(200, { etag: result.etag }).end()
}

const checkDigests = (body: Uint8Array, request: IncomingMessage): void => {
  const expected = request.headers['x-amz-checksum-crc32']
  if (typeof expected === 'string') {
    const actual = Buffer.alloc(4)
    actual.writeUInt32BE(crc32(body))
    if (actual.toString('base64') !== expected)
      throw new S3Error(400, 'BadDigest', 'The CRC32 you specified did not match')
  }
  const sha256 = request.headers['x-amz-checksum-sha256']
  if (typeof sha256 === 'string' && createHash('sha256').update(body).digest('base64') !== sha256)
    throw new S3Error(400, 'BadDigest', 'The SHA256 you specified did not match')
  const md5 = request.headers['content-md5']
  if (typeof md5 === 'string' && createHash('md5').update(body).digest('base64') !== md5)
    throw new S3Error(400, 'BadDigest', 'The Content-MD5 you specified did not match')
}

const getObject = (
  store: S3Store,
  bucket: string,
  key: string,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  const object = store.get(bucket, key)
  if (!object) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.')
  const headers = {
    etag: object.etag,
    'last-modified': new Date(object.modifiedAt).toUTCString(),
    'accept-ranges': 'bytes',
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const start = range ? Number(range[1]) : 0
  const end = range?.[2] ? Math.min(Number(range[2]), object.body.length - 1) : object.body.length - 1
  if (range && start >= object.body.length)
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable')
  const part = object.body.subarray(start, end + 1)
  const query = new URL(request.url ?? '/', 'http://s3').searchParams
  const [type, disposition] = [query.get('response-content-type'), query.get('response-content-disposition')]
  response.writeHead(range ? 206 : 200, {
    ...headers,
    ...(type ? { 'content-type': type } : {}),
    ...(disposition ? { 'content-disposition': disposition } : {}),
    'content-length': part.length,
    ...(range ? { 'content-range': `bytes ${start}-${end}/${object.body.length}` } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : part)
}

const readBody = async (request: IncomingMessage): Promise<Uint8Array> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAXIMUM_BODY_BYTES) throw new S3Error(400, 'EntityTooLarge', 'the local S3 takes 128 MiB per object')
    chunks.push(chunk)
  }
  const raw = Buffer.concat(chunks)
  const chunked = String(request.headers['content-encoding'] ?? '').includes('aws-chunked')
  return chunked ? decodeAwsChunked(raw) : raw
}

const answerXml = (response: ServerResponse, status: number, xml: string): void => {
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`)
}

const answerError = (response: ServerResponse, error: unknown): void => {
  const known = error instanceof S3Error ? error : new S3Error(500, 'InternalError', String(error))
  answerXml(
    response,
    known.status,
    `<Error><Code>${known.code}</Code><Message>${escapeXml(known.message)}</Message></Error>`,
  )
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
