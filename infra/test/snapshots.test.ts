import { expect, test } from '@jest/globals'
import { type Area, synthesize } from './support/synth.ts'

const AREAS: Area[] = ['data', 'network', 'events', 'workers', 'allocator', 'api', 'ops']

/** A renamed resource is a deleted and a new one: for tables, queues and functions that is worth a look. */
test.each(AREAS)('the resources of %s have the names they had', (area) => {
  const { Parameters, Resources } = synthesize('prod').templates[area].toJSON()
  expect({
    parameters: Object.keys(Parameters ?? {}),
    resources: Object.entries<{ Type: string }>(Resources)
      // The id of a deployment is a hash of the whole API: it changes with every route, on purpose.
      .map(([logicalId, { Type }]) => `${Type} ${Type.endsWith('::Deployment') ? '…' : logicalId}`)
      .sort(),
  }).toMatchSnapshot()
})

test('what holds data is exactly what it was', () => {
  const { Resources } = synthesize('prod').templates.data.toJSON()
  expect(withoutHashes(Resources)).toMatchSnapshot()
})

const withoutHashes = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/[0-9a-f]{64}/g, '<asset hash>'))
