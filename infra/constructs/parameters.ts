import { CfnParameter } from 'aws-cdk-lib'
import type { CellStack } from './cell.ts'
import { simulatorAddresses } from './simulator-address.ts'

/**
 * CloudFormation parameters: what is known only when the cell starts (addresses of the test server, the image). They are
 * no part of the synthesized template, so one template serves every start. The logical id is the name.
 */
const PARAMETERS = {
  WaTestUrl: { default: '', description: 'WebSocket url of the WhatsApp server behind test mode; empty: no test mode' },
  WaTestTrustRootHex: {
    default: '',
    allowedPattern: '^([0-9a-fA-F]{64})?$',
    description: 'Public key of the test server certificate root, 32 bytes in hex',
  },
  WaTestMediaCa: {
    default: '',
    description: 'CA of the test server media host, PEM or its base64 on one line; empty: a public one',
  },
  WaTestControlUrl: { default: '', description: 'Control API of the simulator; empty: /v1/test answers 501' },
  LiveMode: { allowedValues: ['enabled', 'disabled'], description: 'What a live key may do in this deployment' },
  WorkerImage: { description: 'Image of the session worker: <repository>@sha256:<digest>' },
  SimulatorImage: { description: 'Image of the simulator: <repository>@sha256:<digest>' },
} as const

/** A tag can be moved after it was looked at; CloudFormation refuses anything but a digest before it changes anything. */
const IMAGE_BY_DIGEST = {
  allowedPattern: '^[^@ ]+@sha256:[0-9a-f]{64}$',
  constraintDescription: 'name the image by digest: <repository>@sha256:<64 hex digits>',
}

export type ParameterName = keyof typeof PARAMETERS

/**
 * @returns the value as a token for templates. What the config knows by itself is no parameter: a deployment keeps the value
 * that a parameter had, so a simulator that comes later would not be found.
 */
export const parameter = (stack: CellStack, name: ParameterName): string => {
  const known = simulatorAddresses(stack.cell)[name]
  if (known) return known
  const existing = stack.node.tryFindChild(name) as CfnParameter | undefined
  if (existing) return existing.valueAsString
  const { config } = stack.cell
  const defaults: Partial<Record<ParameterName, string | undefined>> = {
    LiveMode: config.liveMode,
    WorkerImage: config.worker.image ?? undefined,
  }
  const definition = PARAMETERS[name]
  return new CfnParameter(stack, name, {
    type: 'String',
    ...definition,
    ...(name.endsWith('Image') && config.environment !== 'local' ? IMAGE_BY_DIGEST : {}),
    allowedValues: 'allowedValues' in definition ? [...definition.allowedValues] : undefined,
    default: defaults[name] ?? ('default' in definition ? definition.default : undefined),
  }).valueAsString
}
