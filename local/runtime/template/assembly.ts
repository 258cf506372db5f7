import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, any>>
  readonly Metadata?: Readonly<Record<string, any>>
}

export interface Template {
  readonly Parameters?: Readonly<Record<string, { Type: string; Default?: unknown }>>
  readonly Resources?: Readonly<Record<string, Resource>>
  readonly Outputs?: Readonly<Record<string, { Value: unknown; Export?: { Name: unknown } }>>
}

export interface Stack {
  readonly name: string
  readonly template: Template
}

export interface Assembly {
  readonly directory: string
  /** in deployment order: a stack comes after those it depends on */
  readonly stacks: readonly Stack[]
}

/** Reads a CDK cloud assembly. @throws one line when it is missing or of another kind */
export const loadAssembly = (directory: string): Assembly => {
  const manifestFile = join(directory, 'manifest.json')
  if (!existsSync(manifestFile)) throw new Error(`no synthesized CDK app in ${directory}: run \`npm run synth\``)
  const { artifacts } = JSON.parse(readFileSync(manifestFile, 'utf8')) as { artifacts: Record<string, any> }
  const isStack = (id: string) => artifacts[id]?.type === 'aws:cloudformation:stack'
  const ordered: string[] = []
  const visit = (id: string): void => {
    if (ordered.includes(id)) return
    for (const dependency of artifacts[id]?.dependencies ?? []) visit(dependency)
    ordered.push(id)
  }
  for (const id of Object.keys(artifacts)) visit(id)
  return {
    directory,
    stacks: ordered.filter(isStack).map((id) => ({
      name: artifacts[id].properties.stackName ?? id,
      template: JSON.parse(readFileSync(join(directory, artifacts[id].properties.templateFile), 'utf8')),
    })),
  }
}
