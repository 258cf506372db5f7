import { describe, expect, test } from '@jest/globals'
import { API_FUNCTIONS } from '../../shared/contract/operation.ts'
import { CONFIGS } from '../config/select-config.ts'
import { AUDIT_PARTITIONS, IDENTITY_PARTITIONS } from '../constructs/permissions.ts'
import { ofType, synthesize } from './support/synth.ts'

interface Statement {
  readonly Effect: string
  readonly Action: string | string[]
  readonly Condition?: Record<string, Record<string, unknown>>
}
const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value])

/** Statements of the role of a lambda. */
const statementsOf = (environment: string, name: string): Statement[] => {
  const prefix = name.replaceAll('-', '')
  return ofType(synthesize(environment), 'AWS::IAM::Policy')
    .filter(({ logicalId }) => logicalId.startsWith(prefix))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement as Statement[])
}
const denied = (statements: Statement[], partitions: readonly string[]): string[] =>
  statements
    .filter(({ Effect }) => Effect === 'Deny')
    .filter(({ Condition }) => {
      const keys = Condition?.['ForAnyValue:StringLike']?.['dynamodb:LeadingKeys']
      return JSON.stringify(keys) === JSON.stringify(partitions)
    })
    .flatMap(({ Action }) => list(Action))
    .sort()

describe.each(Object.keys(CONFIGS))('%s', (environment) => {
  test.each(API_FUNCTIONS)('%s cannot change or remove an entry of the audit log', (name) => {
    const statements = statementsOf(environment, name)
    expect(statements.length).toBeGreaterThan(0)
    expect(denied(statements, AUDIT_PARTITIONS)).toEqual(['dynamodb:DeleteItem', 'dynamodb:UpdateItem'])
  })

  test.each(API_FUNCTIONS.filter((name) => name !== 'api-keys'))('%s cannot write keys or tenants', (name) => {
    expect(denied(statementsOf(environment, name), IDENTITY_PARTITIONS)).toEqual([
      'dynamodb:DeleteItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ])
  })

  test.each(API_FUNCTIONS)('%s is allowed single actions only, and neither Scan nor PartiQL', (name) => {
    const actions = statementsOf(environment, name).flatMap(({ Action }) => list(Action))
    for (const action of actions) {
      expect(action).not.toContain('*')
      expect(action).not.toMatch(/Scan|PartiQL|Batch/)
    }
  })
})
