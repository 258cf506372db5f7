import { RemovalPolicy } from 'aws-cdk-lib'
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  type ISubnet,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { type Cell, CellStack } from '../constructs/cell.ts'
import { CONTROL_PORT, MEDIA_PORT, SOCKET_PORT } from '../constructs/simulator-address.ts'

/**
 * Public subnets without NAT: every worker has its own public address, nobody can connect to it. Cheaper than NAT below
 * about 27 tasks per zone, and sessions do not share one address.
 */
export class NetworkStack extends CellStack {
  readonly vpc: Vpc
  readonly subnets: ISubnet[]
  readonly workerSecurityGroup: SecurityGroup
  /** with a simulator in the stack: its own group, and that of the functions that play phones */
  readonly simulatorSecurityGroup: SecurityGroup | null
  readonly testHelpersSecurityGroup: SecurityGroup | null

  constructor(scope: Construct, cell: Cell) {
    super(scope, cell, 'network')
    const isNat = cell.config.egressMode === 'nat'
    this.vpc = new Vpc(this, 'Vpc', {
      availabilityZones: cell.config.availabilityZones,
      natGateways: isNat ? cell.config.availabilityZones.length : 0,
      // The default group has no member; emptying it would need a custom resource with rights over all groups.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 20, mapPublicIpOnLaunch: false },
        ...(isNat ? [{ name: 'workers', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 }] : []),
      ],
      gatewayEndpoints: {
        S3: { service: GatewayVpcEndpointAwsService.S3 },
        DynamoDB: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
    })
    this.vpc.addFlowLog('Rejected', {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'RejectedTraffic', {
          retention: cell.config.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    })
    this.subnets = isNat ? this.vpc.privateSubnets : this.vpc.publicSubnets
    this.workerSecurityGroup = new SecurityGroup(this, 'Workers', {
      vpc: this.vpc,
      description: 'Session workers: nothing in, HTTPS and secure WebSockets out',
      allowAllOutbound: false,
    })
    this.workerSecurityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'WhatsApp and AWS')
    for (const port of cell.config.proxyPorts)
      this.workerSecurityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(port), 'proxies of sessions')
    this.testHelpersSecurityGroup = cell.config.simulator ? this.#makeTestHelpersGroup() : null
    this.simulatorSecurityGroup = this.testHelpersSecurityGroup
      ? this.#makeSimulatorGroup(this.testHelpersSecurityGroup)
      : null
    this.#addInterfaceEndpoints()
  }

  #makeTestHelpersGroup(): SecurityGroup {
    const helpers = new SecurityGroup(this, 'TestHelpers', {
      vpc: this.vpc,
      description: 'Helpers of test mode: HTTPS and the control API of the simulator out',
      allowAllOutbound: false,
    })
    helpers.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'endpoints of AWS')
    return helpers
  }

  #makeSimulatorGroup(helpers: SecurityGroup): SecurityGroup {
    const simulator = new SecurityGroup(this, 'Simulator', {
      vpc: this.vpc,
      description: 'Simulator: its socket for workers, its control API for the helpers of test mode',
      allowAllOutbound: false,
    })
    simulator.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'its image and its log')
    simulator.addIngressRule(this.workerSecurityGroup, Port.tcp(SOCKET_PORT), 'sessions of test mode')
    simulator.addIngressRule(this.workerSecurityGroup, Port.tcp(MEDIA_PORT), 'files of test mode')
    simulator.addIngressRule(helpers, Port.tcp(CONTROL_PORT), 'simulated phones')
    this.workerSecurityGroup.addEgressRule(simulator, Port.tcp(SOCKET_PORT), 'simulated WhatsApp')
    this.workerSecurityGroup.addEgressRule(simulator, Port.tcp(MEDIA_PORT), 'its files')
    helpers.addEgressRule(simulator, Port.tcp(CONTROL_PORT), 'simulated phones')
    return simulator
  }

  /**
   * An endpoint takes over the service's name for everybody in the network: whoever is inside has to reach every one of
   * them, also where the way over the internet would have done.
   */
  #addInterfaceEndpoints(): void {
    const services = this.#endpointServices()
    if (services.length === 0) return
    const endpoints = new SecurityGroup(this, 'Endpoints', {
      vpc: this.vpc,
      description: 'Endpoints of AWS services: HTTPS from what runs in this network',
      allowAllOutbound: false,
    })
    for (const inside of [this.workerSecurityGroup, this.testHelpersSecurityGroup, this.simulatorSecurityGroup])
      if (inside) endpoints.addIngressRule(inside, Port.tcp(443), 'from inside')
    for (const { id, service, subnets } of services)
      this.vpc.addInterfaceEndpoint(id, { service, securityGroups: [endpoints], open: false, subnets: { subnets } })
  }

  #endpointServices(): { id: string; service: InterfaceVpcEndpointAwsService; subnets: ISubnet[] }[] {
    const { interfaceEndpoints, egressMode, simulator } = this.cell.config
    const called = interfaceEndpoints ? Object.entries(CALLED_BY_WORKERS) : []
    return [
      ...called.map(([id, service]) => ({ id, service, subnets: this.subnets })),
      // The helpers of test mode have no address in the internet; beside DynamoDB they read secrets.
      ...(simulator && egressMode === 'public-ip'
        ? [
            {
              id: 'Secrets',
              service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
              subnets: this.subnets.slice(0, 1),
            },
          ]
        : []),
    ]
  }
}

/** Beside S3 and DynamoDB; pulling the image and writing the log are calls, too. */
const CALLED_BY_WORKERS = {
  Sqs: InterfaceVpcEndpointAwsService.SQS,
  Kms: InterfaceVpcEndpointAwsService.KMS,
  Events: InterfaceVpcEndpointAwsService.EVENTBRIDGE,
  States: InterfaceVpcEndpointAwsService.STEP_FUNCTIONS,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Ecr: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
} as const
