import type { CloudContext } from '../cloud-context.ts'
import type { ResolvedResource } from '../template/resolver.ts'
import { wireEventSource } from './event-sources.ts'
import { wireFunction } from './functions.ts'
import { wireMachine } from './machines.ts'
import { queuesInOrder, wireQueue } from './queues.ts'
import { wireRoutes } from './routes.ts'
import { wireRule } from './rules.ts'
import { wireSchedule } from './schedules.ts'
import { wireTable } from './tables.ts'
import { wireTaskDefinition } from './tasks.ts'

/** Types that need nothing here, each for a reason. A type in neither list stops the start. */
const IGNORED: Readonly<Record<string, string>> = {
  'AWS::CDK::Metadata': 'metadata',
  'AWS::IAM::Role': 'there is no IAM here: rights are checked by assertions in infra/test',
  'AWS::IAM::Policy': 'as roles',
  'AWS::IAM::ManagedPolicy': 'as roles',
  'AWS::Lambda::Permission': 'as roles',
  'AWS::Lambda::EventInvokeConfig': 'a tick that fails is not repeated here anyway',
  'AWS::SQS::QueuePolicy': 'as roles',
  'AWS::S3::BucketPolicy': 'as roles',
  'AWS::KMS::Key': 'keys are made at first use',
  'AWS::KMS::Alias': 'as keys',
  'AWS::Logs::LogGroup': 'logs go to the data directory',
  'AWS::CloudWatch::Alarm': 'metrics are shown at /_local/metrics; nobody is paged',
  'AWS::CloudWatch::CompositeAlarm': 'as alarms',
  'AWS::CloudWatch::Dashboard': 'as alarms',
  'AWS::SNS::Topic': 'alarms have nobody to tell',
  'AWS::SNS::TopicPolicy': 'as topics',
  'AWS::SNS::Subscription': 'as topics',
  'AWS::Scheduler::ScheduleGroup': 'schedules are wired one by one',
  'AWS::ECS::Cluster': 'a name',
  'AWS::ECS::ClusterCapacityProviderAssociations': 'processes have no capacity provider',
  'AWS::ECR::Repository': 'images are not used',
  'AWS::Events::EventBus': 'a name',
  'AWS::ApiGateway::RestApi': 'read with its methods',
  'AWS::ApiGateway::Resource': 'read with its methods',
  'AWS::ApiGateway::Method': 'wired all at once',
  'AWS::ApiGateway::Deployment': 'routes are live at once',
  'AWS::ApiGateway::Stage': 'the local front has no stage prefix',
  'AWS::ApiGateway::Account': 'no access logs',
  'AWS::ApiGateway::GatewayResponse': 'the local front answers in the same format itself',
  'AWS::WAFv2::WebACL': 'no firewall here',
  'AWS::WAFv2::WebACLAssociation': 'no firewall here',
}
/** The network: everything is loopback. */
const IGNORED_PREFIX = 'AWS::EC2::'

const WIRED: Readonly<Record<string, (context: CloudContext, resource: ResolvedResource) => void | Promise<void>>> = {
  'AWS::DynamoDB::GlobalTable': wireTable,
  'AWS::DynamoDB::Table': wireTable,
  'AWS::SQS::Queue': wireQueue,
  'AWS::S3::Bucket': (context, { identity }) => context.s3.createBucket(identity.ref),
  'AWS::SecretsManager::Secret': (context, { identity, properties }) =>
    context.secrets.ensureSecret(identity.ref.replace(/^.*:secret:/, ''), {
      value: properties.SecretString,
      generate: properties.GenerateSecretString,
    }),
  'AWS::Lambda::Function': wireFunction,
  'AWS::StepFunctions::StateMachine': wireMachine,
  'AWS::ECS::TaskDefinition': wireTaskDefinition,
  'AWS::Events::Rule': wireRule,
  'AWS::Scheduler::Schedule': wireSchedule,
  'AWS::Lambda::EventSourceMapping': wireEventSource,
}

/** "Deploys" the resolved template. @throws with every resource it cannot wire, before anything is created */
export const wireAll = async (context: CloudContext, resources: readonly ResolvedResource[]): Promise<void> => {
  const unknown = resources.filter(
    ({ type }) => !(type in WIRED) && !(type in IGNORED) && !type.startsWith(IGNORED_PREFIX),
  )
  if (unknown.length)
    throw new Error(
      `the template has resources that the embedded cloud cannot run: ${unknown.map((item) => `${item.stack}/${item.logicalId} (${item.type})`).join(', ')}`,
    )
  for (const [type, wire] of Object.entries(WIRED)) {
    const ofType = resources.filter((resource) => resource.type === type)
    for (const resource of type === 'AWS::SQS::Queue' ? queuesInOrder(ofType) : ofType) await wire(context, resource)
  }
  wireRoutes(context, resources)
}
