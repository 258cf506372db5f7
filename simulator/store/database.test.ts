import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { Database } from './database.ts'
import { findPhone, upsertPhone } from './phones.ts'
import { ADDED_COLUMNS } from './schema.ts'

test('a data file of an older simulator is taken over with everything in it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-old-'))
  try {
    const path = join(folder, 'simulator.sqlite')
    const first = new Database(path)
    upsertPhone(first, 'default', '5511900000001', { name: 'Old' })
    first.close()
    const old = new DatabaseSync(path)
    for (const [table, column] of ADDED_COLUMNS) old.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`)
    old.exec('DROP TABLE groups; DROP TABLE media')
    old.close()
    const again = new Database(path)
    expect(findPhone(again, 'default', '5511900000001')).toMatchObject({ name: 'Old', groupAdd: 'all', about: '' })
    expect(again.all('SELECT * FROM groups')).toEqual([])
    again.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
