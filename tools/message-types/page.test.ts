import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CASES } from '../../e2e/messages/cases.ts'
import { KINDS } from '../../e2e/messages/media-kinds.ts'
import { sendMessageBody } from '../../shared/contract/content/send-body.ts'
import { EXAMPLES } from './examples.ts'
import { messageTypesPage } from './page.ts'

it('docs/message-types.md is what the tests verify: run `npm run openapi` after a change', () => {
  expect(readFileSync('docs/message-types.md', 'utf8')).toBe(messageTypesPage())
})

it('every type that can be sent is verified and has an example', () => {
  const types = sendMessageBody.options.map(({ shape }) => shape.type.value).sort()
  expect(Object.keys(EXAMPLES).sort()).toEqual(types)
  const verified = new Set([
    ...CASES.filter(({ sent }) => sent).map(({ type }) => type),
    ...KINDS.map(({ type }) => type),
  ])
  expect([...verified].sort()).toEqual(types)
})
