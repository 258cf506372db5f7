import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { FULL, synthesizeConfig } from './support/synth.ts'

const root = join(import.meta.dirname, '../..')
const workflow = readFileSync(join(root, '.github/workflows/deploy.yml'), 'utf8')
const { templates } = synthesizeConfig(FULL)

test('the documented workflow names parameters that their stacks have, and builds files that exist', () => {
  const named = [...workflow.matchAll(/"\$CELL-(\w+):(\w+)=/g)].map(([, stack, name]) => [stack!, name!] as const)
  for (const [stack, name] of named)
    expect(Object.keys(templates[stack as keyof typeof templates]!.toJSON().Parameters)).toContain(name)
  const files = [...workflow.matchAll(/-f (\S+Dockerfile)/g)].map((match) => match[1]!)
  expect(files).toEqual(['session-task/Dockerfile', 'simulator/Dockerfile'])
  for (const file of files) expect(existsSync(join(root, file))).toBe(true)
})

test('it hands over every image that a stack has no default for: with a simulator in the config, that one too', () => {
  for (const [stack, template] of Object.entries(templates))
    for (const [name, { Default }] of Object.entries<{ Default?: string }>(template.toJSON().Parameters ?? {}))
      if (name.endsWith('Image') && Default === undefined)
        expect(workflow).toContain(`$CELL-${stack}:${name}=$REPOSITORY@`)
})
