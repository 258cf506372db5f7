import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Types that an emulator refuses and that nothing here rests on. A type that we need is never in this list. */
const STRIPPED_TYPES: Readonly<Record<string, string>> = {
  'AWS::EC2::FlowLog': 'there is no network whose flow could be logged',
  'AWS::ECS::ClusterCapacityProviderAssociations':
    'tasks run as processes of this machine, whatever the capacity provider',
}

/** Takes the resources of these types, and what depends on them by name, out of the templates of a cloud assembly. */
export const stripAssembly = (
  directory: string,
  types: Readonly<Record<string, string>> = STRIPPED_TYPES,
): string[] => {
  const stripped: string[] = []
  for (const name of readdirSync(directory).filter((entry) => entry.endsWith('.template.json'))) {
    const file = join(directory, name)
    const template = JSON.parse(readFileSync(file, 'utf8'))
    const gone = Object.entries<any>(template.Resources ?? {}).filter(([, resource]) => resource.Type in types)
    if (gone.length === 0) continue
    for (const [logicalId, resource] of gone) {
      delete template.Resources[logicalId]
      stripped.push(`${name.replace('.template.json', '')}/${logicalId} (${resource.Type})`)
    }
    const ids = new Set(gone.map(([logicalId]) => logicalId))
    for (const resource of Object.values<any>(template.Resources)) {
      const rest = [resource.DependsOn ?? []].flat().filter((id: string) => !ids.has(id))
      if (resource.DependsOn) resource.DependsOn = rest.length > 0 ? rest : undefined
    }
    const text = JSON.stringify(template)
    writeFileSync(file, text)
    renameTemplateAsset(directory, name, createHash('sha256').update(text).digest('hex'))
  }
  return stripped
}

/** Assets are named by their hash, and one that is in the bucket already is not uploaded again: a new text, a new name. */
const renameTemplateAsset = (directory: string, templateName: string, hash: string): void => {
  const assetsFile = join(directory, templateName.replace('.template.json', '.assets.json'))
  const assets = JSON.parse(readFileSync(assetsFile, 'utf8'))
  const old = Object.entries<any>(assets.files).find(([, file]) => file.source.path === templateName)?.[0]
  if (!old) return
  for (const file of [assetsFile, join(directory, 'manifest.json')])
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(old, hash))
}
