import type { Resource } from './assembly.ts'

export const ACCOUNT = '000000000000'
export const REGION = 'us-east-1'

/** What `Ref` and `Fn::GetAtt` of a resource give before (and after) it exists: names are chosen, not discovered. */
export interface Identity {
  readonly ref: string
  readonly attributes: Readonly<Record<string, string>>
}

const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::Events::EventBus': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
  'AWS::ECS::Cluster': 'ClusterName',
  'AWS::ECS::TaskDefinition': 'Family',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::KMS::Alias': 'AliasName',
  'AWS::SSM::Parameter': 'Name',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Logs::LogGroup': 'LogGroupName',
}

/** The chosen physical name: the template's own when it is plain text, else made of stack and logical id. */
const nameOf = (stackName: string, logicalId: string, resource: Resource): string => {
  const given = resource.Properties?.[NAME_PROPERTIES[resource.Type] ?? '']
  const name = typeof given === 'string' ? given : `${stackName}-${logicalId}`
  return resource.Type === 'AWS::S3::Bucket' ? name.toLowerCase() : name
}

export const identify = (stackName: string, logicalId: string, resource: Resource, sqsUrl: string): Identity => {
  const name = nameOf(stackName, logicalId, resource)
  const arn = (service: string, path: string, region = REGION) => `arn:aws:${service}:${region}:${ACCOUNT}:${path}`
  switch (resource.Type) {
    case 'AWS::DynamoDB::GlobalTable':
    case 'AWS::DynamoDB::Table':
      return { ref: name, attributes: { Arn: arn('dynamodb', `table/${name}`), TableId: name } }
    case 'AWS::SQS::Queue':
      return {
        ref: `${sqsUrl}/${ACCOUNT}/${name}`,
        attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: `${sqsUrl}/${ACCOUNT}/${name}` },
      }
    case 'AWS::S3::Bucket':
      return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.local` } }
    case 'AWS::KMS::Key':
      return { ref: name, attributes: { Arn: arn('kms', `key/${name}`), KeyId: name } }
    case 'AWS::SecretsManager::Secret': {
      const secretArn = arn('secretsmanager', `secret:${name}`)
      return { ref: secretArn, attributes: { Id: secretArn } }
    }
    case 'AWS::Events::EventBus':
      return { ref: name, attributes: { Arn: arn('events', `event-bus/${name}`), Name: name } }
    case 'AWS::Lambda::Function':
      return { ref: name, attributes: { Arn: arn('lambda', `function:${name}`) } }
    case 'AWS::StepFunctions::StateMachine': {
      const machineArn = arn('states', `stateMachine:${name}`)
      return { ref: machineArn, attributes: { Arn: machineArn, Name: name } }
    }
    case 'AWS::ECS::Cluster':
      return { ref: name, attributes: { Arn: arn('ecs', `cluster/${name}`) } }
    case 'AWS::ECS::TaskDefinition': {
      const taskArn = arn('ecs', `task-definition/${name}:1`)
      return { ref: taskArn, attributes: { TaskDefinitionArn: taskArn } }
    }
    case 'AWS::IAM::Role':
      return { ref: name, attributes: { Arn: arn('iam', `role/${name}`, ''), RoleId: name } }
    case 'AWS::Logs::LogGroup':
      return { ref: name, attributes: { Arn: arn('logs', `log-group:${name}:*`) } }
    default:
      return { ref: name, attributes: {} }
  }
}
