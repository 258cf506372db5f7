import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getMediaKeys, type WAMessage } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decryptFile } from '../../media/decrypt-file.ts'
import { downloadEncrypted, type MediaDownload } from './media-reupload.ts'

const CONTENT = randomBytes(100_000)
const MEDIA_KEY = randomBytes(32)
const isAllowed: MediaDownload['isAllowed'] = ({ hostname }) => hostname === '127.0.0.1'
const LIMITS: MediaDownload = { maxBytes: 1_000_000, isAllowed }

const folder = mkdtempSync(join(tmpdir(), 'fleetline-test-'))
const path = join(folder, 'encrypted')
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
    else if (url === '/moved') response.writeHead(302, { location: '/here' }).end()
    else if (url === '/astray') response.writeHead(302, { location: 'http://localhost:1/here' }).end()
    else response.writeHead(Number(url?.slice(1)) || 500).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await new Promise((resolve) => server.close(resolve))
})

const imageAt = (url: string, content = CONTENT): WAMessage =>
  ({
    key: { id: 'A1', remoteJid: '888@lid' },
    message: {
      imageMessage: { url, mediaKey: MEDIA_KEY, fileSha256: createHash('sha256').update(content).digest() },
    },
  }) as unknown as WAMessage

/** What arrived, opened as the thread opens it. */
const opened = async ({ keys, sha256 }: Awaited<ReturnType<typeof downloadEncrypted>>): Promise<Buffer> => {
  const plain = join(folder, 'plain')
  await decryptFile(keys, sha256, { encrypted: path, plain })
  return readFileSync(plain)
}

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
    const file = await downloadEncrypted(socket, imageAt(`${origin}/here`), path, LIMITS)
    expect((await opened(file)).equals(CONTENT)).toBe(true)
    expect(socket.asked).toEqual([])
  })

  it.each([404, 410])('asks the phone once when WhatsApp answers %i, and takes what it uploads', async (status) => {
    const socket = phone(async () => imageAt(`${origin}/here`))
    const file = await downloadEncrypted(socket, imageAt(`${origin}/${status}`), path, LIMITS)
    expect((await opened(file)).equals(CONTENT)).toBe(true)
    expect(socket.asked).toEqual(['A1'])
  })

  it('does not wait for a phone that is off', async () => {
    const gone = downloadEncrypted(silent(), imageAt(`${origin}/410`), path, { ...LIMITS, reuploadTimeoutMs: 20 })
    await expect(gone).rejects.toMatchObject({ code: 'media_gone' })
  })

  it('says that the media is gone when the phone has none either', async () => {
    const socket = phone(() => Promise.reject(new Error('NOT_FOUND')))
    await expect(downloadEncrypted(socket, imageAt(`${origin}/404`), path, LIMITS)).rejects.toMatchObject({
      code: 'media_gone',
    })
  })

  it('leaves other failures to the next try, and bothers no phone with them', async () => {
    const socket = silent()
    await expect(downloadEncrypted(socket, imageAt(`${origin}/503`), path, LIMITS)).rejects.toMatchObject({
      status: 503,
    })
    expect(socket.asked).toEqual([])
  })

  it('fails at the end of a file that is not the one of the message', async () => {
    const file = await downloadEncrypted(silent(), imageAt(`${origin}/here`, randomBytes(9)), path, LIMITS)
    await expect(opened(file)).rejects.toMatchObject({ code: 'media_corrupt' })
  })

  it('follows WhatsApp’s hosts alone', async () => {
    const moved = await downloadEncrypted(silent(), imageAt(`${origin}/moved`), path, LIMITS)
    expect((await opened(moved)).equals(CONTENT)).toBe(true)
    const astray = downloadEncrypted(silent(), imageAt(`${origin}/astray`), path, LIMITS)
    await expect(astray).rejects.toMatchObject({ code: 'media_gone' })
  })

  it('stops a file that is larger than allowed, whatever its sender said', async () => {
    const large = downloadEncrypted(silent(), imageAt(`${origin}/here`), path, { ...LIMITS, maxBytes: 50_000 })
    await expect(large).rejects.toMatchObject({ code: 'media_too_large' })
  })

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'https://mmg.whatsapp.net.example.com/x',
    '/etc/passwd',
    'http://mmg.whatsapp.net/x',
  ])('never goes to %s: the url is the sender’s word', async (url) => {
    await expect(downloadEncrypted(silent(), imageAt(url), path, { maxBytes: 1 })).rejects.toMatchObject({
      code: 'media_gone',
    })
  })

  it.each(['@169.254.169.254/latest/meta-data', '.invalid/x', ':22/x'])(
    'never goes where a path leads that is none: %s',
    async (directPath) => {
      const message = imageAt('https://mmg.whatsapp.net/x')
      Object.assign(message.message?.imageMessage ?? {}, { directPath })
      await expect(downloadEncrypted(silent(), message, path, { maxBytes: 1 })).rejects.toMatchObject({
        code: 'media_gone',
      })
    },
  )
})
