import { readFileSync } from 'node:fs'
import { App } from 'aws-cdk-lib'
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam'
import type { DeploymentConfig } from './config/schema.ts'
import { type Cell, type CellStack, cellPrefix } from './constructs/cell.ts'
import { AllocatorStack } from './stacks/allocator-stack.ts'
import { ApiStack } from './stacks/api-stack.ts'
import { DataStack } from './stacks/data-stack.ts'
import { EventsStack } from './stacks/events-stack.ts'
import { NetworkStack } from './stacks/network-stack.ts'
import { OpsStack } from './stacks/ops-stack.ts'
import { SimulatorStack } from './stacks/simulator-stack.ts'
import { WorkersStack } from './stacks/workers-stack.ts'

export interface BuildAppInput {
  readonly config: DeploymentConfig
  readonly version: string
  /** repository root: cdk.json with the feature flags lies there */
  readonly root: string
  readonly lambdaFolder: (name: string) => string
  readonly outputFolder?: string
}

export interface CellStacks {
  readonly data: DataStack
  readonly network: NetworkStack
  readonly events: EventsStack
  readonly workers: WorkersStack
  readonly allocator: AllocatorStack
  readonly api: ApiStack
  readonly ops: OpsStack
  readonly simulator?: SimulatorStack
}

/** The whole cell. Nothing is looked up: no network, no credentials, no Docker. */
export const buildApp = (input: BuildAppInput): { app: App; stacks: CellStacks } => {
  // Without the CDK CLI nobody hands us the feature flags.
  const { context } = JSON.parse(readFileSync(`${input.root}/cdk.json`, 'utf8'))
  const app = new App({ context, outdir: input.outputFolder, analyticsReporting: false })
  const { permissionsBoundaryArn } = input.config
  if (permissionsBoundaryArn)
    PermissionsBoundary.of(app).apply(ManagedPolicy.fromManagedPolicyArn(app, 'Boundary', permissionsBoundaryArn))
  const cell: Cell = {
    config: input.config,
    prefix: cellPrefix(input.config),
    version: input.version,
    lambdaFolder: input.lambdaFolder,
  }
  const data = new DataStack(app, cell)
  const network = new NetworkStack(app, cell)
  const events = new EventsStack(app, cell, data)
  const workers = new WorkersStack(app, cell, { data, network, events })
  const allocator = new AllocatorStack(app, cell, { data, network, workers })
  const api = new ApiStack(app, cell, { data, events, workers, network })
  const simulator = input.config.simulator ? new SimulatorStack(app, cell, { data, network, workers }) : null
  const ops = new OpsStack(app, cell, { data, events, workers, allocator, api })
  return { app, stacks: { data, network, events, workers, allocator, api, ops, ...(simulator ? { simulator } : {}) } }
}

export const stackList = (stacks: CellStacks): readonly CellStack[] => Object.values(stacks)
