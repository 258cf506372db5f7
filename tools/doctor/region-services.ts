import { callAwsJson } from './aws-json.ts'

/** What of the cell's services AWS lists, and what it does not list, for one region. */
export interface RegionFact {
  readonly region: string
  readonly listed: readonly string[]
  readonly absent: readonly string[]
  /** not in AWS's list under this name in any region: nothing can be said */
  readonly unknown: readonly string[]
}

/** Without one of these the cell cannot be deployed; names are those of AWS's list of its own infrastructure. */
const SERVICES = [
  'apigateway',
  'cloudwatch',
  'dynamodb',
  'ecr',
  'ecs',
  'eventbridge',
  'fargate',
  'kms',
  'lambda',
  's3',
  'secretsmanager',
  'sns',
  'sqs',
  'stepfunctions',
] as const
const LIST = '/aws/service/global-infrastructure/services'
/** of one GetParameters call */
const NAMES_AT_ONCE = 10

/** Public parameters of Systems Manager, the same from every region. */
export const readRegion = async (region: string): Promise<RegionFact> => {
  const inRegion = (service: string) => `${LIST}/${service}/regions/${region}`
  const anywhere = (service: string) => `${LIST}/${service}`
  const here = await existing(SERVICES.map(inRegion))
  const missing = SERVICES.filter((service) => !here.has(inRegion(service)))
  const known = await existing(missing.map(anywhere))
  return {
    region,
    listed: SERVICES.filter((service) => here.has(inRegion(service))),
    absent: missing.filter((service) => known.has(anywhere(service))),
    unknown: missing.filter((service) => !known.has(anywhere(service))),
  }
}

const existing = async (names: readonly string[]): Promise<ReadonlySet<string>> => {
  const found = new Set<string>()
  for (let from = 0; from < names.length; from += NAMES_AT_ONCE) {
    const answer = await callAwsJson<{ Parameters?: { Name: string }[] }>('ssm', 'AmazonSSM.GetParameters', {
      Names: names.slice(from, from + NAMES_AT_ONCE),
    })
    for (const { Name } of answer.Parameters ?? []) found.add(Name)
  }
  return found
}
