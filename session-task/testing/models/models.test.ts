import { describe, expect, test } from 'vitest'
import { exploreJournal, type JournalVariant } from './journal-model.ts'
import { exploreOwnership, type OwnershipVariant } from './ownership-model.ts'

const OWNERSHIP: OwnershipVariant = { accept: 'rowFirst', takeOver: 'leaseThenRead', reclaims: true }
const JOURNAL: JournalVariant = { gate: true, rowsWait: true, logKnowsIdentity: true }

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
