import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from '@jest/globals'
import type { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { buildApp, type CellStacks } from '../../build-app.ts'
import type { DeploymentConfig } from '../../config/schema.ts'
import { selectConfig } from '../../config/select-config.ts'

export type Area = keyof CellStacks
export interface Resource {
  readonly stack: Area
  readonly logicalId: string
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: properties have whatever shape the resource type has
  readonly properties: any
}
export interface SynthesizedCell {
  readonly app: App
  readonly stacks: CellStacks
  readonly templates: Readonly<Record<Area, Template>>
  readonly resources: readonly Resource[]
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetline-synth-'))
  folders.push(folder)
  return folder
}

const root = join(import.meta.dirname, '../../..')

/** The cell of an environment with a stand-in for the lambdas' code: tests need no build. */
export const prepareCell = (environment: string) => prepareConfig(selectConfig(environment))

export const prepareConfig = (config: DeploymentConfig): { app: App; stacks: CellStacks } =>
  buildApp({
    config,
    version: '0.0.0-test',
    root,
    lambdaFolder: () => join(root, 'infra/test/fixtures/lambda'),
    outputFolder: temporaryFolder(),
  })

const cells = new Map<string, SynthesizedCell>()

/** Everything that can be switched on: alarms, dashboards and rules are checked on it too. */
export const FULL: DeploymentConfig = {
  ...selectConfig('prod'),
  simulator: { cpu: 256, memoryMiB: 1024 },
  canary: true,
  noticeEmails: ['support@example.com'],
  egressMode: 'nat',
  interfaceEndpoints: true,
}

/** Synthesized once per environment and test file. */
export const synthesize = (environment: string): SynthesizedCell => {
  const known = cells.get(environment)
  if (known) return known
  const cell = synthesizeConfig(selectConfig(environment))
  cells.set(environment, cell)
  return cell
}

/** For options that no environment of ours has. */
export const synthesizeConfig = (config: DeploymentConfig): SynthesizedCell => {
  const { app, stacks } = prepareConfig(config)
  const templates = Object.fromEntries(
    Object.entries(stacks).map(([area, stack]) => [area, Template.fromStack(stack)]),
  ) as Record<Area, Template>
  const resources = Object.entries(templates).flatMap(([stack, template]) =>
    Object.entries<{ Type: string; Properties?: unknown }>(template.toJSON().Resources).map(
      ([logicalId, resource]) => ({
        stack: stack as Area,
        logicalId,
        type: resource.Type,
        properties: resource.Properties ?? {},
      }),
    ),
  )
  return { app, stacks, templates, resources }
}

export const ofType = (cell: SynthesizedCell, type: string): Resource[] =>
  cell.resources.filter((resource) => resource.type === type)
