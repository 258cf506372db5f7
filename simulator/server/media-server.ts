import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { reportFailure } from '../report.ts'
import { deviceById } from '../store/devices.ts'
import { takeFault } from '../store/faults.ts'
import { deviceOfTicket, directPathOf, findMedia, insertMedia, mediaBytes, mediaIdOf } from '../store/media.ts'
import { pictureOfPath } from '../store/pictures.ts'
import { recordViolation } from '../store/violations.ts'
import { asBuffer } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { LOOPBACK, listen } from './listen.ts'
import { issueServerCertificate } from './x509.ts'

const MAX_UPLOAD_BYTES = 256 * 1024 * 1024
const UPLOAD_PATH = /^\/mms\/([a-z-]+)\/([A-Za-z0-9_%=-]+)$/

export type MediaServer = { host: string; stop(): Promise<void> }

/**
 * The https host for encrypted files and profile pictures, on 127.0.0.1.
 * @param port 0 chooses a free one
 * @param published interface to listen on, and the name by which clients know it
 */
export async function startMediaServer(
  world: World,
  port: number,
  published?: { host: string | undefined; name: string },
): Promise<MediaServer> {
  const name = published?.name ?? LOOPBACK
  const certificate = issueServerCertificate(
    world.mediaAuthority,
    ['localhost', ...(published ? [name] : [])],
    [LOOPBACK],
  )
  const server = createServer(certificate, (request, response) => {
    handle(world, request, response).catch((error: unknown) => {
      reportFailure(`${request.method} ${request.url} on the media host`, error)
      if (!response.headersSent) reply(response, 500, {})
    })
  })
  await listen(server, port, published?.host)
  return {
    host: `${name}:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function handle(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://localhost')
  const upload = UPLOAD_PATH.exec(url.pathname)
  if (request.method === 'POST' && upload) return takeUpload(world, request, response, url, upload[1]!, upload[2]!)
  if (request.method !== 'GET') return reply(response, 405, { error: 'method not allowed' })
  const picture = pictureOfPath(world.database, url.pathname)
  if (picture) return void response.writeHead(200, { 'content-type': 'image/jpeg' }).end(picture)
  return serve(world, request, response, url.pathname)
}

async function takeUpload(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  kind: string,
  token: string,
): Promise<void> {
  const { database } = world
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_UPLOAD_BYTES) chunks.push(chunk)
  }
  const deviceId = deviceOfTicket(database, url.searchParams.get('auth') ?? '')
  const device = deviceId === undefined ? undefined : deviceById(database, deviceId)
  if (device?.status !== 'active') return reply(response, 401, { error: 'bad auth' })
  const { namespace, phone } = device
  const fault = takeFault(database, 'mediaUpload', { namespace, phone, device: device.device })
  if (fault) return reply(response, fault.options.code ?? 500, { error: 'by fault' })
  if (size > MAX_UPLOAD_BYTES) return reply(response, 413, { error: 'too large' })
  const bytes = Buffer.concat(chunks)
  const digest = createHash('sha256').update(bytes).digest('base64url')
  if (digest !== decodeURIComponent(token).replace(/=+$/, '')) {
    const detail = `the uploaded ${kind} has another SHA-256 than its address says`
    recordViolation(database, { namespace, kind: 'bad_upload', phone, device: device.device, detail })
    return reply(response, 400, { error: 'hash mismatch' })
  }
  const directPath = directPathOf(insertMedia(database, { namespace, phone, kind, bytes }))
  reply(response, 200, { url: `https://${world.mediaHost}${directPath}`, direct_path: directPath })
}

function serve({ database }: World, request: IncomingMessage, response: ServerResponse, path: string) {
  const id = mediaIdOf(path)
  const media = id === undefined ? undefined : findMedia(database, id)
  if (!media) return reply(response, 404, { error: 'not found' })
  const fault = takeFault(database, 'mediaDownload', { namespace: media.namespace, phone: media.phone })
  if (fault) return reply(response, fault.options.code ?? 500, { error: 'by fault' })
  if (media.gone) return reply(response, media.gone, { error: 'gone' })
  const bytes = asBuffer(mediaBytes(database, media.id)!)
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const first = range ? Number(range[1]) : 0
  const last = range?.[2] ? Math.min(Number(range[2]), bytes.length - 1) : bytes.length - 1
  if (range && first > last) return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
  const headers = { 'content-type': 'application/octet-stream', 'content-length': last - first + 1 }
  const partial = { ...headers, 'content-range': `bytes ${first}-${last}/${bytes.length}` }
  response.writeHead(range ? 206 : 200, range ? partial : headers).end(bytes.subarray(first, last + 1))
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
