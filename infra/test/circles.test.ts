import { expect, test } from '@jest/globals'
import { FULL, synthesizeConfig } from './support/synth.ts'

type Resources = Readonly<Record<string, { readonly Properties?: unknown; readonly DependsOn?: string | string[] }>>

/** Logical ids that a value names by Ref, Fn::GetAtt or Fn::Sub. */
const namesIn = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(namesIn)
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [inner as string]
    if (key === 'Fn::GetAtt') return [Array.isArray(inner) ? inner[0] : (inner as string).split('.')[0]]
    if (key === 'Fn::Sub') return [...JSON.stringify(inner).matchAll(/\$\{(\w+)/g)].map((match) => match[1]!)
    return namesIn(inner)
  })
}

/** @returns a way from a resource back to itself, or null */
const findCircle = (resources: Resources): string[] | null => {
  const waitsFor = (id: string): string[] =>
    [...namesIn(resources[id]!.Properties), ...[resources[id]!.DependsOn ?? []].flat()].filter(
      (name) => name in resources,
    )
  const done = new Set<string>()
  const walk = (id: string, way: readonly string[]): string[] | null => {
    if (way.includes(id)) return [...way.slice(way.indexOf(id)), id]
    if (done.has(id)) return null
    for (const next of waitsFor(id)) {
      const circle = walk(next, [...way, id])
      if (circle) return circle
    }
    done.add(id)
    return null
  }
  for (const id of Object.keys(resources)) {
    const circle = walk(id, [])
    if (circle) return circle
  }
  return null
}

test('no resource waits for itself, with everything switched on: CloudFormation would refuse the whole stack', () => {
  const cell = synthesizeConfig({ ...FULL, egressMode: 'public-ip', interfaceEndpoints: false })
  for (const [area, template] of Object.entries(cell.templates))
    expect({ area, circle: findCircle(template.toJSON().Resources) }).toEqual({ area, circle: null })
})

test('a circle is seen', () => {
  const policy = { Properties: { Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } } }
  expect(findCircle({ Policy: policy, Queue: { DependsOn: 'Rule' }, Rule: { Properties: { Ref: 'Policy' } } })).toEqual(
    ['Policy', 'Queue', 'Rule', 'Policy'],
  )
  expect(findCircle({ Policy: policy, Queue: {} })).toBeNull()
})
