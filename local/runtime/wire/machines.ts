import type { CloudContext } from '../cloud-context.ts'
import type { ResolvedResource } from '../template/resolver.ts'

/** DefinitionString with ${Name} placeholders from DefinitionSubstitutions. */
export const wireMachine = (
  context: CloudContext,
  { identity, properties, stack, logicalId }: ResolvedResource,
): void => {
  const text: string = properties.DefinitionString ?? JSON.stringify(properties.Definition)
  const substitutions: Record<string, unknown> = properties.DefinitionSubstitutions ?? {}
  const definition = text.replace(/\$\{([A-Za-z0-9_]+)\}/g, (_, name: string) => {
    if (!(name in substitutions)) throw new Error(`${stack}/${logicalId}: no substitution for ${name}`)
    return JSON.stringify(String(substitutions[name])).slice(1, -1)
  })
  context.stepFunctions.register(identity.attributes.Name!, JSON.parse(definition))
}
