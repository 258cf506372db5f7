import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { makeGuardedAgent } from './guarded-agent.ts'
import { DownloadError, guardedDownload } from './guarded-download.ts'
import { parseEgressRules } from './url-rules.ts'

const rules = parseEgressRules({ cidrs: '127.0.0.0/8', http: 'true' })
const agent = makeGuardedAgent(rules)
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
afterAll(() => agent.close())

const MIB = 1024 * 1024
const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`
}
const download = async (listener: RequestListener, limits: Partial<Parameters<typeof guardedDownload>[0]> = {}) =>
  guardedDownload({ agent, rules, url: await serve(listener), deadlineMs: 20_000, maximumBytes: MIB, ...limits })
const sizeOf = async (body: AsyncIterable<Buffer>): Promise<number> => {
  let size = 0
  for await (const chunk of body) size += chunk.length
  return size
}
const failure = async (promise: Promise<unknown>): Promise<DownloadError> => {
  const error = await promise.catch((caught) => caught)
  expect(error).toBeInstanceOf(DownloadError)
  return error as DownloadError
}
const pour: RequestListener = (_, response) => {
  const block = Buffer.alloc(64 * 1024, 'x')
  const more = () => {
    while (response.write(block));
    response.once('drain', more)
  }
  response.on('error', () => undefined)
  more()
}

describe('download of a customer URL', () => {
  it('streams 64 MB, which are never in memory together', async () => {
    const total = 64 * MIB
    let sent = 0
    const got = await download(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': total })
        const block = Buffer.alloc(MIB, 'x')
        const more = () => {
          while (sent < total) {
            sent += block.length
            if (!response.write(block)) return void response.once('drain', more)
          }
          response.end()
        }
        more()
      },
      { maximumBytes: total },
    )
    expect([got.status, got.contentType, got.contentLength]).toEqual([200, 'video/mp4', total])
    let highest = 0
    let size = 0
    for await (const chunk of got.body) {
      size += chunk.length
      highest = Math.max(highest, got.body.readableLength)
    }
    expect(size).toBe(total)
    expect(highest).toBeLessThan(MIB)
  })

  it('ends at the first byte over the limit, and does not begin when the length says so', async () => {
    const endless = await download(pour)
    expect(await failure(sizeOf(endless.body))).toMatchObject({ code: 'too_large' })
    const told = download((_, response) => void response.writeHead(200, { 'content-length': MIB + 1 }).flushHeaders())
    expect(await failure(told)).toMatchObject({ code: 'too_large' })
    const exact = await download((_, response) => void response.end(Buffer.alloc(MIB)))
    expect(await sizeOf(exact.body)).toBe(MIB)
  })

  it('a server that drips ends at the deadline, one that stops in the middle after the idle time', async () => {
    const drip = await download(
      (_, response) => {
        const timer = setInterval(() => response.write('.'), 20)
        response.once('close', () => clearInterval(timer))
      },
      { deadlineMs: 300 },
    )
    expect(await failure(sizeOf(drip.body))).toMatchObject({ code: 'timeout' })
    const stuck = await download((_, response) => void response.write('begin'), { idleMs: 100 })
    expect(await failure(sizeOf(stuck.body))).toMatchObject({ code: 'timeout' })
    expect(await failure(download(() => undefined, { deadlineMs: 100 }))).toMatchObject({ code: 'timeout' })
  })

  it('redirects, errors, broken ends and refused URLs have a code each', async () => {
    const answer = (status: number, location?: string) =>
      failure(download((_, response) => void response.writeHead(status, location ? { location } : {}).end()))
    expect(await answer(302, 'http://169.254.169.254/')).toMatchObject({ code: 'http_status', status: 302 })
    expect(await answer(404)).toMatchObject({ code: 'http_status', status: 404 })
    const broken = await download((_, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('half', () => response.destroy())
    })
    expect(await failure(sizeOf(broken.body))).toMatchObject({ code: 'reset' })
    const at = (url: string) => failure(guardedDownload({ agent, rules, url, deadlineMs: 5_000, maximumBytes: 1 }))
    expect(await at('http://user:pass@127.0.0.1:9/')).toMatchObject({ code: 'url_refused' })
    expect(await at('http://169.254.169.254/latest')).toMatchObject({ code: 'url_refused' })
    const gone = await serve(() => undefined)
    await new Promise((resolve) => servers.pop()!.close(resolve))
    expect(await at(gone)).toMatchObject({ code: 'connect_refused' })
  })

  it('the message for customers names no address', async () => {
    const closed = makeGuardedAgent(parseEgressRules({ cidrs: null, http: 'true' }))
    const url = (await serve((_, response) => void response.end())).replace('127.0.0.1', 'localhost')
    const error = await failure(guardedDownload({ agent: closed, rules, url, deadlineMs: 5_000, maximumBytes: 1 }))
    expect(error).toMatchObject({ code: 'blocked_address' })
    expect(error.message).not.toMatch(/\d/)
  })
})
