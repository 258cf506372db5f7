import { RemovalPolicy } from 'aws-cdk-lib'
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { StateMachineDefinition } from '../state-machines/asl.ts'
import { acknowledge, wildcardResource } from './acknowledge.ts'
import type { Cell } from './cell.ts'

export interface JsonataMachineProps {
  readonly cell: Cell
  readonly name: string
  readonly definition: StateMachineDefinition
  /** value of each ${Name} in the definition; a missing or an unused one is a mistake and throws */
  readonly substitutions: Readonly<Record<string, string>>
  readonly permissions: readonly PolicyStatement[]
  /** cdk-nag findings on its role that are meant, with the reason */
  readonly acknowledged?: Readonly<Record<string, string>>
}

/** A Standard state machine written in JSONata, with a role that holds only what is listed. */
export class JsonataMachine extends Construct {
  readonly machine: StateMachine

  constructor(scope: Construct, id: string, props: JsonataMachineProps) {
    super(scope, id)
    const { cell } = props
    const definition = JSON.stringify(props.definition)
    checkSubstitutions(props.name, definition, Object.keys(props.substitutions))
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') })
    for (const statement of props.permissions) role.addToPolicy(statement)
    acknowledge(role, {
      [wildcardResource('*')]: 'delivery of execution logs has no resource to name',
      ...props.acknowledged,
    })
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: `${cell.prefix}-${props.name}`,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(definition),
      definitionSubstitutions: { ...props.substitutions },
      role,
      logs: {
        // The prefix keeps the account's log resource policy from growing with every machine.
        destination: new LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${cell.prefix}-${props.name}`,
          retention: cell.config.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ERROR,
        includeExecutionData: false,
      },
      removalPolicy: RemovalPolicy.DESTROY,
    })
    acknowledge(this.machine, {
      'AwsSolutions-SF1':
        'errors are logged; every transition would cost more than the machine, history is kept 90 days',
      'AwsSolutions-SF2': 'ids in our own log lines connect the steps; traces of waits of a week say nothing',
    })
  }
}

const checkSubstitutions = (name: string, definition: string, given: readonly string[]): void => {
  const used = new Set([...definition.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]!))
  const wrong = [...used].filter((key) => !given.includes(key)).concat(given.filter((key) => !used.has(key)))
  if (wrong.length)
    throw new Error(`state machine ${name}: substitutions do not match the definition: ${wrong.join(', ')}`)
}
