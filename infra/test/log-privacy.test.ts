import { expect, test } from '@jest/globals'
import { makeAdminKey } from '../../shared/core/api-key.ts'
import { ofType, synthesize } from './support/synth.ts'

interface Identifier {
  readonly Name: string
  readonly Regex: string
}
const identifiers = ofType(synthesize('prod'), 'AWS::Logs::LogGroup')
  .filter(({ properties }) => properties.DataProtectionPolicy)
  .map(({ properties }): Identifier[] => properties.DataProtectionPolicy.Configuration.CustomDataIdentifier)

test('masks are written in the characters that CloudWatch takes: with another one it refuses the log group', () => {
  expect(identifiers.length).toBeGreaterThanOrEqual(10)
  for (const list of identifiers) {
    expect(list.length).toBeGreaterThan(0)
    expect(list.length).toBeLessThanOrEqual(10)
    for (const { Name, Regex } of list) {
      expect(Name).toMatch(/^Fleetline[A-Za-z0-9_-]{1,119}$/)
      expect(Regex).toMatch(/^[A-Za-z0-9_#=@/;, ^$?[\]{}|\\*+.-]{1,200}$/)
    }
  }
})

test.each([
  ['a phone number', '+5511988887777'],
  ['the address of a phone', '5511988887777@s.whatsapp.net'],
  ['the address of a device', '5511988887777:12@s.whatsapp.net'],
  ['a key of the platform', makeAdminKey('pepper').key],
  ['a key of a tenant', makeAdminKey('pepper').key.replace('admin', 'test')],
  ['the secret of an endpoint', `whsec_${Buffer.alloc(24, 7).toString('base64')}`],
])('%s is masked whole', (_what, secret) => {
  const left = identifiers[0]!.reduce((line, { Regex }) => line.replace(new RegExp(Regex), '*'), `"${secret}"`)
  expect(left).toBe('"*"')
})
