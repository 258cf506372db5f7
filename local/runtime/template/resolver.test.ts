import { describe, expect, it } from 'vitest'
import type { Stack } from './assembly.ts'
import { TemplateResolver } from './resolver.ts'

const data: Stack = {
  name: 'data',
  template: {
    Parameters: { Mode: { Type: 'String', Default: 'disabled' }, Url: { Type: 'String' } },
    Resources: {
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'ring' } },
      Table: { Type: 'AWS::DynamoDB::GlobalTable' },
    },
    Outputs: { Out: { Value: { 'Fn::GetAtt': ['Table', 'Arn'] }, Export: { Name: 'data:TableArn' } } },
  },
}
const app: Stack = { name: 'app', template: { Resources: {} } }

const resolver = new TemplateResolver(
  { directory: '.', stacks: [data, app] },
  { parameters: { Url: 'ws://127.0.0.1:1' }, sqsUrl: 'http://127.0.0.1:2' },
)

describe('template intrinsics', () => {
  it.each<[unknown, Stack, unknown]>([
    [{ Ref: 'Queue' }, data, 'http://127.0.0.1:2/000000000000/ring'],
    [{ 'Fn::GetAtt': ['Queue', 'Arn'] }, data, 'arn:aws:sqs:us-east-1:000000000000:ring'],
    [{ Ref: 'Mode' }, data, 'disabled'],
    [{ Ref: 'Url' }, data, 'ws://127.0.0.1:1'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }]] }, data, 'a-us-east-1'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders
    [{ 'Fn::Sub': 'x/${AWS::AccountId}/${Table}/${!keep}' }, data, 'x/000000000000/data-Table/${keep}'],
    [{ 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, data, 'b'],
    [{ 'Fn::ImportValue': 'data:TableArn' }, app, 'arn:aws:dynamodb:us-east-1:000000000000:table/data-Table'],
    [{ keep: [1, { Ref: 'AWS::NoValue' }], gone: { Ref: 'AWS::NoValue' } }, data, { keep: [1] }],
  ])('%j', (value, stack, expected) => {
    expect(resolver.resolve(value, stack)).toEqual(expected)
  })

  it('what it does not know fails loudly', () => {
    expect(() => resolver.resolve({ 'Fn::If': ['a', 1, 2] }, data)).toThrow(/Fn::If is not supported/)
    expect(() => resolver.resolve({ 'Fn::ImportValue': 'none' }, app)).toThrow(/nothing exports none/)
    expect(() => resolver.resolve({ Ref: 'Missing' }, data)).toThrow(/data has no resource Missing/)
  })
})
