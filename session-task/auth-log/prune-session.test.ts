import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { describe, expect, test, vi } from 'vitest'
import { pruneSessionRecord } from './prune-session.ts'

// The real thing decides whether a pruned record still works; nothing but this test touches it here.
const libsignal = createRequire(import.meta.url)('libsignal')

interface Stored {
  _sessions: Record<string, { _chains: Record<string, { chainType: number }>; indexInfo: { closed: number } }>
  version: string
}

/** One side of a conversation; sessions pass through JSON, and through pruning when asked. */
const makeSide = (name: string, prune: boolean) => {
  const identity = libsignal.keyhelper.generateIdentityKeyPair()
  const signed = libsignal.keyhelper.generateSignedPreKey(identity, 1)
  const preKey = libsignal.keyhelper.generatePreKey(7)
  const registrationId = libsignal.keyhelper.generateRegistrationId()
  let session: Stored | null = null
  const storage = {
    loadSession: async () => session && libsignal.SessionRecord.deserialize(session),
    storeSession: async (_: string, record: { serialize(): Stored }) => {
      const value = JSON.parse(JSON.stringify(record.serialize()))
      session = (prune ? pruneSessionRecord(value) : value) as Stored
    },
    isTrustedIdentity: () => true,
    loadPreKey: async () => preKey.keyPair,
    removePreKey: async () => {},
    loadSignedPreKey: () => signed.keyPair,
    getOurRegistrationId: async () => registrationId,
    getOurIdentity: async () => identity,
  }
  const address = new libsignal.ProtocolAddress(name, 0)
  return {
    bundle: () => ({
      identityKey: identity.pubKey,
      registrationId,
      preKey: { keyId: preKey.keyId, publicKey: preKey.keyPair.pubKey },
      signedPreKey: { keyId: signed.keyId, publicKey: signed.keyPair.pubKey, signature: signed.signature },
    }),
    startWith: (bundle: unknown) => new libsignal.SessionBuilder(storage, address).initOutgoing(bundle),
    encrypt: (text: string) => new libsignal.SessionCipher(storage, address).encrypt(Buffer.from(text)),
    decrypt: async ({ type, body }: { type: number; body: Buffer }): Promise<string> => {
      const cipher = new libsignal.SessionCipher(storage, address)
      const read = type === 3 ? cipher.decryptPreKeyWhisperMessage(body) : cipher.decryptWhisperMessage(body)
      return (await read).toString()
    },
    stored: () => session!,
  }
}

describe('pruning of session records', () => {
  test('a pruned side still talks to one that never prunes, also out of order, and stays small', async () => {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const pruned = makeSide('peer', true)
    const full = makeSide('us', false)
    await pruned.startWith(full.bundle())
    for (let round = 0; round < 40; round++) {
      expect(await full.decrypt(await pruned.encrypt(`to ${round}`))).toBe(`to ${round}`)
      const late = await full.encrypt(`late ${round}`)
      expect(await pruned.decrypt(await full.encrypt(`fro ${round}`))).toBe(`fro ${round}`)
      expect(await full.decrypt(await pruned.encrypt('in between'))).toBe('in between')
      expect(await pruned.decrypt(await full.encrypt('new chain'))).toBe('new chain')
      expect(await pruned.decrypt(late)).toBe(`late ${round}`)
    }
    const chainsOf = (stored: Stored) => Object.values(Object.values(stored._sessions)[0]!._chains)
    const receiving = chainsOf(pruned.stored()).filter(({ chainType }) => chainType === 2)
    expect(receiving).toHaveLength(5)
    expect(chainsOf(pruned.stored()).length - receiving.length).toBe(1)
    expect(chainsOf(full.stored()).length).toBeGreaterThan(40)
  })

  test('keeps open sub-sessions and the five that were closed last', () => {
    const entry = (closed: number) => ({ _chains: {}, indexInfo: { closed } })
    const keys = Array.from({ length: 9 }, () => randomBytes(33).toString('base64'))
    const sessions = Object.fromEntries(keys.map((key, index) => [key, entry(index === 0 ? -1 : index)]))
    const pruned = pruneSessionRecord({ _sessions: sessions, version: 'v1' }) as Stored
    expect(Object.keys(pruned._sessions)).toEqual([keys[0], ...keys.slice(4)])
    expect(pruned.version).toBe('v1')
  })

  test('leaves alone what it does not know', () => {
    for (const value of [null, 'text', 7, { other: 1 }, { type: 'Buffer', data: 'AA==' }])
      expect(pruneSessionRecord(value)).toEqual(value)
  })
})
