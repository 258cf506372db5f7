import { expect, it } from 'vitest'
import { LOOPBACK_SPELLINGS } from './testing/hostile-addresses.ts'
import { parseEgressRules, problemOfUrl } from './url-rules.ts'

const cloud = parseEgressRules({ cidrs: null, http: null })
const laptop = parseEgressRules({ cidrs: '127.0.0.0/8', http: 'true' })

it.each([
  ['not a url', /valid URL/],
  ['http://example.com/hook', /https/],
  ['ftp://example.com', /https/],
  ['https://user:secret@example.com', /credentials/],
  ['https://example.com:22/', /port/],
  ['https://example.com/#part', /fragment/],
  ['https://localhost/hook', /private/],
  ['https://api.localhost/hook', /private/],
])('%s is refused with a reason', (url, reason) => {
  expect(problemOfUrl(url, cloud)).toMatch(reason)
})

it.each(LOOPBACK_SPELLINGS)('https://%s is seen as a private address', (host) => {
  expect(problemOfUrl(`https://${host}/hook`, cloud)).toMatch(/private/)
})

it('public https URLs are fine', () => {
  expect(problemOfUrl('https://example.com/hook?x=1', cloud)).toBeNull()
  expect(problemOfUrl('https://example.com:8443/hook', cloud)).toBeNull()
})

it('the local config opens loopback over http, not the metadata address', () => {
  expect(problemOfUrl('http://127.0.0.1:9000/hook', laptop)).toBeNull()
  expect(problemOfUrl('http://169.254.169.254/latest', laptop)).toMatch(/private/)
})
