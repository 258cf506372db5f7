import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { getMediaKeys, type WAMessage } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { downloadVerified, type MediaDownload } from './media-reupload.ts'

const CONTENT = randomBytes(100_000)
const MEDIA_KEY = randomBytes(32)
const isAllowed: MediaDownload['isAllowed'] = ({ hostname }) => hostname === '127.0.0.1'
const LIMITS: MediaDownload = { maxBytes: 1_000_000, isAllowed }

let server: Server
let origin = ''
let encrypted: Buffer

beforeAll(async () => {
  const { cipherKey, iv, macKey } = await getMediaKeys(MEDIA_KEY, 'image')
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  const body = Buffer.concat([cipher.update(CONTENT), cipher.final()])
  const mac = createHmac('sha256', macKey!).update(iv).update(body).digest().subarray(0, 10)
  encrypted = Buffer.concat([body, mac])
  server = createServer(({ url }, response) => {
    if (url === '/here') response.end(encrypted)
    else response.writeHead(Number(url?.slice(1)) || 500).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const imageAt = (url: string, content = CONTENT): WAMessage =>
  ({
    key: { id: 'A1', remoteJid: '888@lid' },
    message: {
      imageMessage: { url, mediaKey: MEDIA_KEY, fileSha256: createHash('sha256').update(content).digest() },
    },
  }) as unknown as WAMessage

/** A phone that uploads the media again, or never answers. */
const phone = (answer: () => Promise<WAMessage>) => {
  const asked: string[] = []
  return {
    asked,
    updateMediaMessage: (message: WAMessage) => {
      asked.push(message.key.id ?? '')
      return answer()
    },
  }
}
const silent = () => phone(() => new Promise(() => {}))

describe('media-reupload', () => {
  it('gives the bytes of the message, without asking the phone', async () => {
    const socket = silent()
    const stream = await downloadVerified(socket, imageAt(`${origin}/here`), LIMITS)
    expect((await buffer(stream)).equals(CONTENT)).toBe(true)
    expect(socket.asked).toEqual([])
  })

  it.each([404, 410])('asks the phone once when WhatsApp answers %i, and takes what it uploads', async (status) => {
    const socket = phone(async () => imageAt(`${origin}/here`))
    const stream = await downloadVerified(socket, imageAt(`${origin}/${status}`), LIMITS)
    expect((await buffer(stream)).equals(CONTENT)).toBe(true)
    expect(socket.asked).toEqual(['A1'])
  })

  it('does not wait for a phone that is off', async () => {
    const gone = downloadVerified(silent(), imageAt(`${origin}/410`), { ...LIMITS, reuploadTimeoutMs: 20 })
    await expect(gone).rejects.toMatchObject({ code: 'media_gone' })
  })

  it('says that the media is gone when the phone has none either', async () => {
    const socket = phone(() => Promise.reject(new Error('NOT_FOUND')))
    await expect(downloadVerified(socket, imageAt(`${origin}/404`), LIMITS)).rejects.toMatchObject({
      code: 'media_gone',
    })
  })

  it('leaves other failures to the next try, and bothers no phone with them', async () => {
    const socket = silent()
    await expect(downloadVerified(socket, imageAt(`${origin}/503`), LIMITS)).rejects.toMatchObject({
      output: { statusCode: 503 },
    })
    expect(socket.asked).toEqual([])
  })

  it('fails at the end of a file that is not the one of the message', async () => {
    const stream = await downloadVerified(silent(), imageAt(`${origin}/here`, randomBytes(9)), LIMITS)
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'media_corrupt' })
  })

  it('stops a file that is larger than allowed, whatever its sender said', async () => {
    const stream = await downloadVerified(silent(), imageAt(`${origin}/here`), { ...LIMITS, maxBytes: 50_000 })
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'media_too_large' })
  })

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'https://mmg.whatsapp.net.example.com/x',
    '/etc/passwd',
    'http://mmg.whatsapp.net/x',
  ])('never goes to %s: the url is the sender’s word', async (url) => {
    await expect(downloadVerified(silent(), imageAt(url), { maxBytes: 1 })).rejects.toMatchObject({
      code: 'media_gone',
    })
  })
})
