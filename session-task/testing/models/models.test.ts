import { describe, expect, test } from 'vitest'
import { exploreJournal, type JournalVariant } from './journal-model.ts'
import { exploreOpening, type OpeningVariant } from './opening-model.ts'
import { exploreOwnership, type OwnershipVariant } from './ownership-model.ts'

const OWNERSHIP: OwnershipVariant = { accept: 'rowFirst', takeOver: 'leaseThenRead', reclaims: true }
const JOURNAL: JournalVariant = { gate: true, rowsWait: true, logKnowsIdentity: true }
const OPENING: OpeningVariant = {
  claimsHead: true,
  fences: true,
  readsWhatFenceMet: true,
  putsIfAbsent: true,
  gate: true,
}

describe('every interleaving of accepting and taking over (protocol §2–3, §6)', () => {
  test('row → lease → ring, lease → read, and a later owner that claims again: no accepted message is overlooked', () => {
    const { states, ends, broken } = exploreOwnership(OWNERSHIP)
    process.stdout.write(`ownership: ${states} states, ${ends} ends\n`)
    expect(broken).toEqual([])
    expect(states).toBeGreaterThan(1_000)
  })

  test.each([
    ['the API that reads the lease before it writes the row', { accept: 'leaseFirst' }],
    ['a taker that reads before the lease is its own', { takeOver: 'readThenLease' }],
    ['a later owner that leaves alone what is sending', { reclaims: false }],
  ] satisfies [string, Partial<OwnershipVariant>][])('%s loses messages: the model can see it', (_, variant) => {
    expect(exploreOwnership({ ...OWNERSHIP, ...variant }).broken.length).toBeGreaterThan(0)
  })
})

describe('every interleaving of journal, receipt, row and kill (protocol §5)', () => {
  test('record first, receipt and row after: every receipted stanza is one event, every sequence one id', () => {
    const { states, ends, broken } = exploreJournal(JOURNAL)
    process.stdout.write(`journal: ${states} states, ${ends} ends\n`)
    expect(broken).toEqual([])
    expect(states).toBeGreaterThan(1_000)
  })

  test.each([
    ['a receipt that does not wait', { gate: false }],
    ['a row that does not wait', { rowsWait: false }],
    ['a redelivery that nobody recognises', { logKnowsIdentity: false }],
  ] satisfies [string, Partial<JournalVariant>][])('%s breaks it: the model can see it', (_, variant) => {
    expect(exploreJournal({ ...JOURNAL, ...variant }).broken.length).toBeGreaterThan(0)
  })
})

describe('every interleaving of three owners of one log (protocol §3–4)', () => {
  test('claim, read, fence, and a record before each frame: no ratchet turns twice, no epoch falls', () => {
    const { states, ends, broken } = exploreOpening(OPENING)
    process.stdout.write(`opening: ${states} states, ${ends} ends\n`)
    expect(broken).toEqual([])
    expect(states).toBeGreaterThan(10_000)
  })

  test('the fence alone keeps it; HEAD sends those away early who lost', () => {
    expect(exploreOpening({ ...OPENING, claimsHead: false }).broken).toEqual([])
  })

  test.each([
    ['an owner that does not fence', { fences: false }],
    ['a fence that does not read what it met', { readsWhatFenceMet: false }],
    ['a slot that a later PUT changes', { putsIfAbsent: false }],
    ['a frame that leaves before its record', { gate: false }],
  ] satisfies [string, Partial<OpeningVariant>][])('%s breaks it: the model can see it', (_, variant) => {
    expect(exploreOpening({ ...OPENING, ...variant }).broken.length).toBeGreaterThan(0)
  })
})
