import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { decryptFile } from './decrypt-file.ts'
import { encryptFile } from './encrypt-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleetline-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const encrypted = join(folder, 'encrypted')
const plain = join(folder, 'plain')
const keys = { cipherKey: randomBytes(32), iv: randomBytes(16), macKey: randomBytes(32) }

test.each([1, 15, 16, 17, 65_536, 1_000_003])('a file of %i bytes is encrypted and opened as it was', async (size) => {
  const bytes = randomBytes(size)
  const copy = join(folder, 'copy')
  const source = Readable.from([bytes.subarray(0, 7), bytes.subarray(7)].filter((chunk) => chunk.length > 0))
  const facts = await encryptFile(source, keys, { encrypted, plain: copy })
  expect(facts.fileLength).toBe(size)
  expect(readFileSync(copy).equals(bytes)).toBe(true)
  expect(await decryptFile(keys, facts.fileSha256, { encrypted, plain })).toEqual({ sizeBytes: size })
  expect(readFileSync(plain).equals(bytes)).toBe(true)
})

test('a changed byte, a file cut short, another file, and a message without a hash are corrupt', async () => {
  const facts = await encryptFile(Readable.from([randomBytes(100_000)]), keys, { encrypted, plain: null })
  const whole = readFileSync(encrypted)
  const open = (sha256: Uint8Array | null = facts.fileSha256) => decryptFile(keys, sha256, { encrypted, plain })
  await open()
  const corrupt = { code: 'media_corrupt' }
  await expect(open(randomBytes(32))).rejects.toMatchObject(corrupt)
  await expect(open(null)).rejects.toMatchObject(corrupt)
  for (const at of [0, 50_000, statSync(encrypted).size - 1]) {
    const changed = Buffer.from(whole)
    changed[at] = (changed[at] ?? 0) ^ 1
    writeFileSync(encrypted, changed)
    await expect(open()).rejects.toMatchObject(corrupt)
  }
  for (const length of [0, 9, 10, 25, 26, whole.length - 16, whole.length - 1]) {
    writeFileSync(encrypted, whole.subarray(0, length))
    await expect(open()).rejects.toMatchObject(corrupt)
  }
})
