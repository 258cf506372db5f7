import { readdirSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { CONFIGS } from '../config/select-config.ts'
import { ofType, synthesize } from './support/synth.ts'

interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | string[]
  readonly Resource: unknown
  readonly Condition?: {
    readonly 'ForAnyValue:StringLike'?: { readonly 'dynamodb:LeadingKeys'?: readonly string[] }
    readonly 'ForAllValues:StringLike'?: { readonly 'dynamodb:LeadingKeys'?: readonly string[] }
  }
}
interface Rights {
  readonly core: 'none' | 'read' | 'readWrite'
  readonly messages: 'none' | 'read' | 'readWrite'
  readonly usage: 'none' | 'read' | 'readWrite'
  readonly ephemeral: 'none' | 'read' | 'readWrite'
  /** rows that it may put beyond these, by partition */
  readonly puts?: readonly string[]
  /** everything but DynamoDB, KMS and its own log */
  readonly others: readonly string[]
}

const NOTHING = { core: 'none', messages: 'none', usage: 'none', ephemeral: 'none', others: [] } as const
const READ_QUEUE = ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage']
const consume = READ_QUEUE.map((action) => `sqs:${action}`)
const api = { ...NOTHING, usage: 'readWrite', ephemeral: 'readWrite' } as const
/** What telling a tenant that it reached a limit takes. */
const TELL_LIMITS = ['T#*#CP#*', 'T#*#DK']
const SECRET = 'secretsmanager:GetSecretValue'

/**
 * What each function may do, by hand: a function that is new here, or that got more than it had, is looked at by a person.
 */
const EXPECTED: Readonly<Record<string, Rights>> = {
  'api-control': {
    ...api,
    core: 'readWrite',
    messages: 'readWrite',
    others: ['events:PutEvents', SECRET, 'sqs:SendMessage'],
  },
  'api-keys': {
    ...api,
    core: 'readWrite',
    puts: TELL_LIMITS,
    others: ['events:PutEvents', SECRET, 'sqs:SendMessage', 'states:StartExecution'],
  },
  'api-messages': {
    ...api,
    core: 'readWrite',
    messages: 'readWrite',
    // Files of the tenant, in the bucket of media.
    others: [
      'events:PutEvents',
      's3:DeleteObject',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      SECRET,
      'sqs:SendMessage',
    ],
  },
  'api-operations': {
    ...api,
    core: 'readWrite',
    messages: 'readWrite',
    others: ['events:PutEvents', SECRET, 'sqs:SendMessage'],
  },
  'api-stream': { ...api, core: 'read', messages: 'read', puts: TELL_LIMITS, others: ['events:PutEvents', SECRET] },
  'api-test': { ...api, core: 'read', messages: 'read', others: [SECRET] },
  'fleet-allocator': { ...NOTHING, core: 'readWrite', others: ['sqs:SendMessage'] },
  'fleet-canary': { ...NOTHING, others: [SECRET, 'secretsmanager:PutSecretValue'] },
  'fleet-planner': { ...NOTHING, core: 'readWrite', others: ['sqs:SendMessage', 'states:StartExecution'] },
  'fleet-reconciler': {
    ...NOTHING,
    core: 'readWrite',
    others: [...consume, 'sqs:DeleteQueue', 'sqs:SendMessage', 'states:DescribeExecution', 'states:StartExecution'],
  },
  'media-fetch': {
    ...NOTHING,
    core: 'readWrite',
    messages: 'readWrite',
    others: [...consume, 's3:PutObject', 'sqs:SendMessage'],
  },
  sweeper: {
    ...NOTHING,
    core: 'readWrite',
    messages: 'readWrite',
    usage: 'readWrite',
    // Files of deleted tenants and sessions: it removes them, and can read none.
    others: ['events:PutEvents', 's3:DeleteObject', 's3:ListBucket', 'sqs:SendMessage'],
  },
  'webhook-deliver': {
    ...NOTHING,
    core: 'readWrite',
    messages: 'readWrite',
    usage: 'readWrite',
    others: ['events:PutEvents', ...consume, 'sqs:SendMessage'],
  },
  'webhook-fanout': { ...NOTHING, core: 'readWrite', messages: 'readWrite', others: [...consume, 'sqs:SendMessage'] },
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value])
const statementsOf = (environment: string, name: string): Statement[] =>
  ofType(synthesize(environment), 'AWS::IAM::Policy')
    .filter(({ logicalId }) => logicalId.startsWith(name.replaceAll('-', '')))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement as Statement[])

const TABLES = {
  core: /FnGetAttCore/,
  messages: /FnGetAttMessages/,
  usage: /FnGetAttUsage/,
  ephemeral: /FnGetAttEphemeral/,
}

const onlyPartitions = ({ Condition }: Statement): readonly string[] =>
  Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? []

const rightsOf = (statements: readonly Statement[]): Rights => {
  const allowed = statements.filter(({ Effect }) => Effect === 'Allow')
  const accessTo = (table: RegExp) => {
    const actions = allowed
      .filter((statement) => onlyPartitions(statement).length === 0)
      .filter(({ Resource }) => table.test(JSON.stringify(Resource)))
      .flatMap(({ Action }) => list(Action))
    if (!actions.some((action) => action.startsWith('dynamodb:'))) return 'none'
    return actions.some((action) => /^dynamodb:(Put|Update|Delete)Item$/.test(action)) ? 'readWrite' : 'read'
  }
  const puts = allowed.filter((statement) => onlyPartitions(statement).length > 0)
  for (const { Action } of puts) expect(Action).toBe('dynamodb:PutItem')
  return {
    ...(puts.length > 0 ? { puts: puts.flatMap(onlyPartitions) } : {}),
    core: accessTo(TABLES.core),
    messages: accessTo(TABLES.messages),
    usage: accessTo(TABLES.usage),
    ephemeral: accessTo(TABLES.ephemeral),
    others: [...new Set(allowed.flatMap(({ Action }) => list(Action)))]
      .filter((action) => !/^(dynamodb|kms|logs):/.test(action))
      .sort(),
  }
}

/** `action partition` of everything that is denied. */
const deniedRows = (statements: readonly Statement[]): readonly string[] =>
  statements
    .filter(({ Effect }) => Effect === 'Deny')
    .flatMap(({ Action, Condition }) =>
      (Condition?.['ForAnyValue:StringLike']?.['dynamodb:LeadingKeys'] ?? []).flatMap((partition) =>
        list(Action).map((action) => `${action.replace('dynamodb:', '')} ${partition}`),
      ),
    )

/** Not in every environment. */
const OPTIONAL = new Set(['fleet-canary'])
const isAbsent = (environment: string, name: string) =>
  OPTIONAL.has(name) && statementsOf(environment, name).length === 0

const names = readdirSync('lambdas', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'testing')
  .map((entry) => entry.name)

describe.each(Object.keys(CONFIGS))('%s', (environment) => {
  test('every function is in the table of this test', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual([...names].sort())
  })

  test.each(names)('%s may do what it must and no more', (name) => {
    if (isAbsent(environment, name)) return
    const expected = EXPECTED[name]!
    expect(rightsOf(statementsOf(environment, name))).toEqual({ ...expected, others: [...expected.others].sort() })
  })

  test.each(names)('%s: single actions only, neither Scan nor PartiQL nor batches', (name) => {
    const actions = statementsOf(environment, name).flatMap(({ Action }) => list(Action))
    expect(actions.length > 0 || isAbsent(environment, name)).toBe(true)
    for (const action of actions) expect(action).not.toMatch(/\*|Scan|PartiQL|Batch/)
  })

  test.each(names.filter((name) => !name.startsWith('api-') && EXPECTED[name]?.core !== 'none'))(
    '%s has no business with API keys',
    (name) => {
      const denied = deniedRows(statementsOf(environment, name))
      for (const action of ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'])
        for (const partition of ['K#*', 'T#*#KEYS']) expect(denied).toContain(`${action} ${partition}`)
      for (const action of ['PutItem', 'UpdateItem', 'DeleteItem']) {
        expect(denied).toContain(`${action} T#*#AUDIT`)
        expect(denied.includes(`${action} TENANT#*`)).toBe(name !== 'fleet-reconciler')
      }
    },
  )

  test('a worker has no business with API keys, tenants and the audit log', () => {
    const denied = deniedRows(statementsOf(environment, 'TaskRole'))
    for (const row of ['GetItem K#*', 'Query T#*#KEYS', 'PutItem K#*', 'UpdateItem TENANT#*', 'PutItem T#*#AUDIT'])
      expect(denied).toContain(row)
  })
})
