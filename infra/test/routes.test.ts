import { expect, test } from '@jest/globals'
import { API_FUNCTIONS } from '../../shared/contract/operation.ts'
import { operations } from '../../shared/contract/operations.ts'
import { ofType, type Resource, synthesize } from './support/synth.ts'

const cell = synthesize('local')
const resources = new Map(
  ofType(cell, 'AWS::ApiGateway::Resource').map((resource) => [resource.logicalId, resource.properties]),
)
const pathOf = (resource: { Ref?: string }): string => {
  const properties = resource.Ref ? resources.get(resource.Ref) : undefined
  return properties ? `${pathOf(properties.ParentId)}/${properties.PathPart}` : ''
}
const functionOf = ({ properties }: Resource): string => {
  const name = JSON.stringify(properties.Integration.Uri).match(/"api([a-z]+)Function/)?.[1]
  return `api-${name}`
}

test('the gateway has exactly the routes of the contract, each at its function, and one fallback', () => {
  const routes = ofType(cell, 'AWS::ApiGateway::Method').map(
    (method) => `${method.properties.HttpMethod} ${pathOf(method.properties.ResourceId) || '/'} ${functionOf(method)}`,
  )
  const wanted = Object.values(operations).map(
    (operation) => `${operation.method} ${operation.path} ${operation.function}`,
  )
  expect(routes.sort()).toEqual([...wanted, 'ANY / api-control', 'ANY /{proxy+} api-control'].sort())
})

test('one permission per function, not per method: the policy of a function has a size limit', () => {
  expect(ofType(cell, 'AWS::Lambda::Permission')).toHaveLength(API_FUNCTIONS.length)
})

test('pictures leave as bytes', () => {
  expect(ofType(cell, 'AWS::ApiGateway::RestApi')[0]!.properties.BinaryMediaTypes).toEqual(['image/png'])
})

test('what the gateway refuses itself is a problem document with a code of ours', () => {
  const responses = ofType(cell, 'AWS::ApiGateway::GatewayResponse')
  expect(responses.length).toBeGreaterThanOrEqual(8)
  for (const { properties } of responses) {
    expect(properties.ResponseParameters['gatewayresponse.header.Content-Type']).toBe("'application/problem+json'")
    const problem = JSON.parse(properties.ResponseTemplates['application/json'])
    expect(Object.keys(problem)).toEqual(expect.arrayContaining(['type', 'title', 'status', 'code', 'requestId']))
    expect(String(problem.status)).toBe(properties.StatusCode)
  }
})
