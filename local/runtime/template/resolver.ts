import type { Assembly, Resource, Stack } from './assembly.ts'
import { ACCOUNT, type Identity, identify, REGION } from './identity.ts'

export interface ResolvedResource {
  readonly stack: string
  readonly logicalId: string
  readonly type: string
  readonly properties: Readonly<Record<string, any>>
  readonly identity: Identity
}

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'localhost',
}

/**
 * Resolves the templates' intrinsics (Ref, GetAtt, Join, Sub, Select, Split, ImportValue, GetStackOutput). Everything
 * else throws with its place: a template that means something else on AWS than here must not start.
 */
export class TemplateResolver {
  readonly #assembly: Assembly
  readonly #parameters: Readonly<Record<string, string>>
  readonly #sqsUrl: string
  readonly #exports = new Map<string, { stack: Stack; value: unknown }>()

  constructor(assembly: Assembly, options: { parameters: Readonly<Record<string, string>>; sqsUrl: string }) {
    this.#assembly = assembly
    this.#parameters = options.parameters
    this.#sqsUrl = options.sqsUrl
    for (const stack of assembly.stacks)
      for (const output of Object.values(stack.template.Outputs ?? {}))
        if (output.Export)
          this.#exports.set(String(this.resolve(output.Export.Name, stack)), { stack, value: output.Value })
  }

  /** All resources with their properties resolved, in deployment order. */
  resources(): ResolvedResource[] {
    return this.#assembly.stacks.flatMap((stack) =>
      Object.entries(stack.template.Resources ?? {}).map(([logicalId, resource]) => ({
        stack: stack.name,
        logicalId,
        type: resource.Type,
        properties: this.#resolveAt(resource.Properties ?? {}, stack, logicalId),
        identity: this.#identityOf(stack, logicalId, resource),
      })),
    )
  }

  resolve(value: unknown, stack: Stack): any {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item, stack)).filter((item) => item !== undefined)
    if (value === null || typeof value !== 'object') return value
    const entries = Object.entries(value)
    const [name, operand] = entries[0] ?? []
    if (entries.length === 1 && (name === 'Ref' || name?.startsWith('Fn::')))
      return this.#intrinsic(name, operand, stack)
    const resolved = entries.map(([field, item]) => [field, this.resolve(item, stack)] as const)
    return Object.fromEntries(resolved.filter(([, item]) => item !== undefined))
  }

  #intrinsic(name: string, operand: any, stack: Stack): any {
    switch (name) {
      case 'Ref':
        return this.#ref(operand, stack)
      case 'Fn::GetAtt': {
        const [logicalId, attribute] = Array.isArray(operand) ? operand : String(operand).split('.')
        return this.#attribute(logicalId, attribute, stack)
      }
      case 'Fn::Join': {
        const [separator, parts] = operand
        return this.resolve(parts, stack).join(separator)
      }
      case 'Fn::Select': {
        const [index, list] = operand
        return this.resolve(list, stack)[Number(this.resolve(index, stack))]
      }
      case 'Fn::Split': {
        const [separator, text] = operand
        return String(this.resolve(text, stack)).split(separator)
      }
      case 'Fn::Sub':
        return this.#sub(operand, stack)
      case 'Fn::ImportValue': {
        const exportName = String(this.resolve(operand, stack))
        const found = this.#exports.get(exportName)
        if (!found) throw new Error(`nothing exports ${exportName}`)
        return this.resolve(found.value, found.stack)
      }
      case 'Fn::GetStackOutput': {
        const other = this.#assembly.stacks.find((item) => item.name === operand.StackName)
        const output = other?.template.Outputs?.[operand.OutputName]
        if (!other || !output) throw new Error(`stack ${operand.StackName} has no output ${operand.OutputName}`)
        return this.resolve(output.Value, other)
      }
      case 'Fn::GetAZs':
        return ['a', 'b', 'c'].map((zone) => `${REGION}${zone}`)
      default:
        throw new Error(`${name} is not supported locally`)
    }
  }

  #ref(name: string, stack: Stack): string | undefined {
    if (name === 'AWS::NoValue') return undefined
    if (name === 'AWS::StackName') return stack.name
    if (name === 'AWS::StackId') return `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${stack.name}/local`
    if (name in PSEUDO) return PSEUDO[name]
    const parameter = stack.template.Parameters?.[name]
    if (parameter) {
      const value = this.#parameters[name] ?? parameter.Default
      if (value === undefined) throw new Error(`the parameter ${name} of ${stack.name} has no value`)
      return String(value)
    }
    return this.#identityOf(stack, name, this.#find(name, stack)).ref
  }

  #attribute(logicalId: string, attribute: string, stack: Stack): string {
    const identity = this.#identityOf(stack, logicalId, this.#find(logicalId, stack))
    return identity.attributes[attribute] ?? `${identity.ref}.${attribute}`
  }

  #sub(operand: string | [string, Record<string, unknown>], stack: Stack): string {
    const [text, variables] = Array.isArray(operand) ? operand : [operand, {}]
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_, escaped: string, name: string) => {
      if (escaped) return `\${${name}}`
      if (name in variables) return String(this.resolve(variables[name], stack))
      return name.includes('.') ? this.#intrinsic('Fn::GetAtt', name, stack) : String(this.#ref(name, stack))
    })
  }

  #find(logicalId: string, stack: Stack): Resource {
    const resource = stack.template.Resources?.[logicalId]
    if (!resource) throw new Error(`${stack.name} has no resource ${logicalId}`)
    return resource
  }

  #identityOf(stack: Stack, logicalId: string, resource: Resource): Identity {
    return identify(stack.name, logicalId, resource, this.#sqsUrl)
  }

  #resolveAt(properties: unknown, stack: Stack, logicalId: string): Record<string, any> {
    try {
      return this.resolve(properties, stack)
    } catch (error) {
      throw new Error(`${stack.name}/${logicalId}: ${(error as Error).message}`)
    }
  }
}
