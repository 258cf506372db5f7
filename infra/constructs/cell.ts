import { RemovalPolicy, Stack, type StackProps, Tags } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { DeploymentConfig } from '../config/schema.ts'

/** One cell of one environment: the unit that is deployed, named and sized. */
export interface Cell {
  readonly config: DeploymentConfig
  /** fleetline-<env>-<cell>: prefix of every physical name that code has to compute */
  readonly prefix: string
  readonly version: string
  /** folder with the bundled code of a lambda */
  readonly lambdaFolder: (name: string) => string
}

export const cellPrefix = (config: DeploymentConfig): string => `fleetline-${config.environment}-${config.cell}`

/** Workers create one queue per incarnation under this name (SQS allows 80 characters: 20 + worker id + incarnation). */
export const workerQueuePrefix = (cell: Cell): string => `${cell.prefix}-w-`

/**
 * For what holds data under a name of ours: kept when its stack is deleted, but not when the stack's first deployment is
 * rolled back, because the second one would find the name taken.
 */
export const keepsItsName = (cell: Cell): RemovalPolicy =>
  cell.config.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY

/** A stack of the cell: fleetline-<env>-<cell>-<area>. Its id is its name, so that template files are found by name. */
export class CellStack extends Stack {
  readonly cell: Cell

  constructor(scope: Construct, cell: Cell, area: string, props: StackProps = {}) {
    super(scope, `${cell.prefix}-${area}`, {
      ...props,
      // The account comes from the credentials at deploy time; the region is known, so nothing is looked up.
      env: { region: cell.config.region },
      analyticsReporting: false,
    })
    this.cell = cell
    Tags.of(this).add('fleetline:environment', cell.config.environment)
    Tags.of(this).add('fleetline:cell', cell.config.cell)
  }
}
