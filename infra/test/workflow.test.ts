import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { FULL, ofType, synthesizeConfig } from './support/synth.ts'

const root = join(import.meta.dirname, '../..')
const workflow = readFileSync(join(root, '.github/workflows/deploy.yml'), 'utf8')
const cell = synthesizeConfig(FULL)
const { templates } = cell

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

test('a run that is repeated pushes under another tag, because the repository takes no tag twice', () => {
  const { ImageTagMutability } = ofType(cell, 'AWS::ECR::Repository')[0]!.properties
  expect(ImageTagMutability).toBe('IMMUTABLE')
  expect(workflow).toMatch(/TAG: .*run_attempt/)
  for (const [, tag] of workflow.matchAll(/--tag "\$REPOSITORY:([^"]+)"/g)) expect(tag).toMatch(/\$TAG$/)
})

test('a changed default of the config is taken, in the workflow and in the guide', () => {
  for (const text of [workflow, readFileSync(join(root, 'docs/deploy.md'), 'utf8')])
    expect(text).toMatch(/(parameters|PARAMETERS)=\(--no-previous-parameters\)/)
})
