import { ArnFormat } from 'aws-cdk-lib'
import type { CellStack } from './cell.ts'

export const ALLOCATE_NAME = 'allocate-session'
export const ROLLOUT_NAME = 'rollout-workers'

/** By name: for a machine that starts itself, and for stacks that must not wait for the one that holds it. */
export const machineArn = (stack: CellStack, name: string): string =>
  stack.formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: `${stack.cell.prefix}-${name}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
