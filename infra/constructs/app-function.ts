import { Duration } from 'aws-cdk-lib'
import type { ISecurityGroup, ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2'
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { ENV, type EnvironmentName } from '../../shared/config/environment.ts'
import { acknowledge, wildcardResource } from './acknowledge.ts'
import { type Cell, cellPrefix, keepsItsName } from './cell.ts'
import { maskPrivateData } from './log-privacy.ts'

export type Environment = Partial<Record<EnvironmentName, string>>

export interface AppFunctionProps {
  readonly cell: Cell
  /** folder under lambdas/ */
  readonly name: string
  readonly memoryMiB: number
  readonly timeoutSeconds: number
  readonly environment: Environment
  readonly permissions: readonly PolicyStatement[]
  /** cdk-nag findings on its role that are meant, with the reason */
  readonly acknowledged?: Readonly<Record<string, string>>
  readonly reservedConcurrency?: number
  /** inside the network, without an address of its own: reaches the gateway and interface endpoints there, nothing else */
  readonly network?: { readonly vpc: IVpc; readonly subnets: ISubnet[]; readonly securityGroup: ISecurityGroup }
}

/** A lambda with its own role (only what is listed), its own log group and the cell's environment. */
export class AppFunction extends Construct {
  readonly function: LambdaFunction
  readonly logGroup: LogGroup

  constructor(scope: Construct, props: AppFunctionProps) {
    super(scope, props.name)
    const { cell, name } = props
    this.logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/fleetline/${cellPrefix(cell.config)}/${name}`,
      retention: cell.config.logRetentionDays,
      dataProtectionPolicy: maskPrivateData(cell),
      removalPolicy: keepsItsName(cell),
    })
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    for (const statement of props.permissions) role.addToPolicy(statement)
    if (props.network) allowNetworkInterfaces(role)
    role.addToPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [this.logGroup.logGroupArn],
      }),
    )
    acknowledge(role, props.acknowledged ?? {})
    this.function = new LambdaFunction(this, 'Function', {
      functionName: `${cell.prefix}-${name}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(cell.lambdaFolder(name)),
      memorySize: props.memoryMiB,
      timeout: Duration.seconds(props.timeoutSeconds),
      role,
      logGroup: this.logGroup,
      ...(props.network
        ? {
            vpc: props.network.vpc,
            vpcSubnets: { subnets: props.network.subnets },
            securityGroups: [props.network.securityGroup],
            allowPublicSubnet: true,
          }
        : {}),
      reservedConcurrentExecutions: props.reservedConcurrency,
      environment: {
        ...toVariables({ ...baseEnvironment(cell), ...props.environment }),
        NODE_OPTIONS: '--enable-source-maps',
      },
    })
  }
}

/** Lambda makes the interfaces in the name of the role; these actions know no resource before they are made. */
const allowNetworkInterfaces = (role: Role): void => {
  role.addToPolicy(
    new PolicyStatement({
      actions: ['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'],
      resources: ['*'],
    }),
  )
  acknowledge(role, { [wildcardResource('*')]: 'network interfaces have no name before Lambda makes them' })
}

/** What every process of the cell knows about itself. */
export const baseEnvironment = (cell: Cell): Environment => ({
  environment: cell.config.environment,
  cell: cell.config.cell,
  version: cell.version,
  logLevel: cell.config.logLevel,
})

/** Names of variables are written once, in shared/config/environment.ts. */
export const toVariables = (environment: Environment): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [ENV[name as EnvironmentName], value]))
