import { CfnOutput, Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  AccessLogFormat,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  ResponseTransferMode,
  RestApi,
  type RestApiProps,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { API_FUNCTIONS, type ApiFunction } from '../../shared/contract/operation.ts'
import { acknowledge } from '../constructs/acknowledge.ts'
import { type ApiStackDependencies, apiEnvironment, apiPermissions } from '../constructs/api-permissions.ts'
import { AppFunction, type AppFunctionProps } from '../constructs/app-function.ts'
import { type Cell, CellStack } from '../constructs/cell.ts'
import { MEDIA_OBJECTS_REASON, mediaObjectsFinding } from '../constructs/media-permissions.ts'
import { WORKER_QUEUES_REASON, workerQueuesFinding } from '../constructs/permissions.ts'
import { addProblemResponses } from '../constructs/problem-responses.ts'
import { ROUTES } from '../constructs/routes.ts'
import { addWebAcl } from '../constructs/web-acl.ts'
import type { NetworkStack } from './network-stack.ts'

const SIZES: Readonly<Record<ApiFunction, { memoryMiB: number }>> = {
  'api-messages': { memoryMiB: 1024 },
  'api-control': { memoryMiB: 512 },
  'api-keys': { memoryMiB: 512 },
  'api-test': { memoryMiB: 512 },
  'api-stream': { memoryMiB: 512 },
  'api-operations': { memoryMiB: 512 },
}
/** Functions that ring workers. */
const RINGING: readonly ApiFunction[] = ['api-messages', 'api-control', 'api-keys', 'api-operations']
/** API Gateway gives up after 29 s; the handler answers before that. */
const TIMEOUT_SECONDS = 28
/** A stream ends itself a minute earlier (lambdas/api-stream). */
const STREAM_TIMEOUT_SECONDS = 900

/** The HTTPS API: one route per operation of the contract, one lambda per IAM boundary and traffic class. */
export class ApiStack extends CellStack {
  readonly api: RestApi
  readonly functions: Readonly<Record<ApiFunction, AppFunction>>

  constructor(scope: Construct, cell: Cell, stacks: ApiStackDependencies) {
    super(scope, cell, 'api')
    this.functions = Object.fromEntries(
      API_FUNCTIONS.map((name) => [
        name,
        new AppFunction(this, {
          cell,
          name,
          ...SIZES[name],
          timeoutSeconds: name === 'api-stream' ? STREAM_TIMEOUT_SECONDS : TIMEOUT_SECONDS,
          environment: apiEnvironment(this, name, stacks),
          permissions: apiPermissions(this, name, stacks),
          network: name === 'api-test' ? insideOf(stacks.network) : undefined,
          acknowledged: {
            ...(RINGING.includes(name) ? { [workerQueuesFinding(cell)]: WORKER_QUEUES_REASON } : {}),
            ...(name === 'api-messages' ? { [mediaObjectsFinding(cell)]: MEDIA_OBJECTS_REASON } : {}),
          },
        }),
      ]),
    ) as Record<ApiFunction, AppFunction>
    this.api = this.#makeApi()
    this.#addRoutes()
    addProblemResponses(this.api, cell.config.docsBaseUrl)
    if (cell.config.webAcl) addWebAcl(this, this.api)
    this.#nameAddress()
  }

  #makeApi(): RestApi {
    const { config, prefix } = this.cell
    const accessLogs = new LogGroup(this, 'AccessLogs', {
      logGroupName: `/fleetline/${prefix}/api-access`,
      retention: config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const api = new RestApi(this, 'Api', {
      restApiName: prefix,
      endpointTypes: [EndpointType.REGIONAL],
      domainName: config.customDomain
        ? {
            domainName: config.customDomain.name,
            certificate: Certificate.fromCertificateArn(this, 'Certificate', config.customDomain.certificateArn),
            securityPolicy: SecurityPolicy.TLS_1_2,
            endpointType: EndpointType.REGIONAL,
          }
        : undefined,
      // With a name of its own the API answers under that name alone.
      disableExecuteApiEndpoint: config.customDomain !== null,
      binaryMediaTypes: ['image/png'],
      ...preflight(config.corsAllowOrigins),
      cloudWatchRole: true,
      deployOptions: {
        stageName: 'v',
        metricsEnabled: true,
        // Execution logs hold bodies and headers; the access log and the handlers' own lines are enough.
        loggingLevel: MethodLoggingLevel.OFF,
        accessLogDestination: new LogGroupLogDestination(accessLogs),
        accessLogFormat: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
        throttlingRateLimit: 1000,
        throttlingBurstLimit: 2000,
      },
    })
    acknowledge(api, {
      'AwsSolutions-APIG4': AUTH_REASON,
      'AwsSolutions-COG4': AUTH_REASON,
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
        'the one policy that API Gateway asks for to write access logs, per account',
      ...(config.webAcl
        ? {}
        : {
            'AwsSolutions-APIG3':
              'no web ACL in this environment: keys are checked before any read, the stage throttles',
          }),
      'AwsSolutions-APIG6': 'execution logs hold bodies and headers of tenants; access log and handlers log ids only',
      'AwsSolutions-APIG2': 'bodies are validated by the contract in the handler: one error format for all',
    })
    return api
  }

  /** DNS is the deployer's: the name gets an alias record to the target that is printed. */
  #nameAddress(): void {
    const domain = this.api.domainName
    if (domain) new CfnOutput(this, 'ApiAliasTarget', { value: domain.domainNameAliasDomainName })
    new CfnOutput(this, 'ApiUrl', {
      value: this.address,
    })
  }

  /** Where tenants, and the canary, reach it. */
  get address(): string {
    const { customDomain } = this.cell.config
    return customDomain ? `https://${customDomain.name}` : this.api.url
  }

  #addRoutes(): void {
    const integrations = Object.fromEntries(
      API_FUNCTIONS.map((name) => [
        name,
        // One permission per function, not per method: the function's policy has a size limit.
        new LambdaIntegration(this.functions[name].function, {
          scopePermissionToMethod: false,
          ...(name === 'api-stream'
            ? { responseTransferMode: ResponseTransferMode.STREAM, timeout: Duration.seconds(STREAM_TIMEOUT_SECONDS) }
            : {}),
        }),
      ]),
    ) as Record<ApiFunction, LambdaIntegration>
    for (const route of ROUTES)
      this.api.root.resourceForPath(route.path).addMethod(route.method, integrations[route.function])
    // Unknown paths get the handlers' own 404.
    this.api.root.addMethod('ANY', integrations['api-control'])
    this.api.root.addResource('{proxy+}').addMethod('ANY', integrations['api-control'])
  }
}

/** Only where there is a simulator to reach: an interface in the network slows a cold start. */
const insideOf = ({ vpc, subnets, testHelpersSecurityGroup }: NetworkStack): AppFunctionProps['network'] =>
  testHelpersSecurityGroup ? { vpc, subnets, securityGroup: testHelpersSecurityGroup } : undefined

/** Answered by the gateway itself; a lambda adds the headers of the real answer. Nothing at all without origins. */
const preflight = (origins: readonly string[]): Pick<RestApiProps, 'defaultCorsPreflightOptions'> =>
  origins.length === 0
    ? {}
    : {
        defaultCorsPreflightOptions: {
          allowOrigins: [...origins],
          allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
          allowHeaders: ['Authorization', 'X-Api-Key', 'Content-Type', 'Idempotency-Key', 'Accept', 'Prefer'],
          maxAge: Duration.minutes(10),
        },
      }

const AUTH_REASON = 'API keys are verified by the middleware of the handlers (one error format, tenant scope)'

/** Ids and numbers only: no header, no query string, no body. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  route: '$context.resourcePath',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integrationLatency',
  bytes: '$context.responseLength',
  error: '$context.error.responseType',
}
