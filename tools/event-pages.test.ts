import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeEventFiles } from './event-pages.ts'

it('docs/events is up to date (npm run openapi), and nothing else lies there', () => {
  const made = makeEventFiles()
  const there = readdirSync('docs/events', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  expect(there.sort()).toEqual([...made.keys()].sort())
  for (const [path, content] of made) expect(readFileSync(path, 'utf8'), path).toBe(content)
})

it('every schema is complete in itself and lets later versions add fields', () => {
  for (const [path, content] of makeEventFiles())
    if (path.endsWith('.json')) {
      expect(content, path).not.toContain('$ref')
      expect(content, path).not.toContain('"additionalProperties": false')
    }
})
