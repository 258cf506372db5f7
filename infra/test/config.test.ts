import { describe, expect, test } from '@jest/globals'
import { local } from '../config/local.ts'
import { prod } from '../config/prod.ts'
import { deploymentConfigSchema } from '../config/schema.ts'
import { CONFIGS, selectConfig } from '../config/select-config.ts'

describe('config', () => {
  test.each(Object.keys(CONFIGS))('%s is valid', (name) => {
    expect(selectConfig(name).environment).toBe(name)
  })

  test('an unknown environment is refused with the names that exist', () => {
    expect(() => selectConfig('staging')).toThrow('there are: local, dev, prod')
  })

  test('opened egress is refused outside the local config', () => {
    const opened = { ...prod, egress: local.egress }
    expect(deploymentConfigSchema.safeParse(opened).error?.issues[0]?.path).toEqual(['egress'])
    expect(deploymentConfigSchema.safeParse({ ...prod, egress: { allowCidrs: [], allowHttp: true } }).success).toBe(
      false,
    )
    expect(deploymentConfigSchema.safeParse(prod).success).toBe(true)
  })

  test.each([
    ['eu-west-9', 'AWS has no region eu-west-9'],
    ['cn-north-1', 'partition aws-cn'],
  ])('a region that does not exist or cannot be served is refused with the reason: %s', (region, words) => {
    const config = { ...prod, region, availabilityZones: [`${region}a`, `${region}b`] }
    const issues = deploymentConfigSchema.safeParse(config).error?.issues ?? []
    expect(issues.map(({ path }) => path)).toEqual([['region']])
    expect(issues[0]?.message).toContain(words)
  })

  test('zones of another region are refused', () => {
    const config = { ...prod, region: 'eu-central-1' }
    expect(deploymentConfigSchema.safeParse(config).error?.issues[0]?.path).toEqual(['availabilityZones'])
  })

  test.each<[string, object, (string | number)[], string]>([
    [
      'a task that Fargate has not',
      { worker: { ...prod.worker, cpu: 1024, memoryMiB: 1024 } },
      ['worker', 'memoryMiB'],
      '2048 to 8192',
    ],
    [
      'memory between two steps',
      { worker: { ...prod.worker, memoryMiB: 4500 } },
      ['worker', 'memoryMiB'],
      'steps of 1024',
    ],
    [
      'a simulator that Fargate has not',
      { simulator: { cpu: 256, memoryMiB: 4096 } },
      ['simulator', 'memoryMiB'],
      '512, 1024, 2048',
    ],
    ['a zone twice', { availabilityZones: ['eu-west-1a', 'eu-west-1a'] }, ['availabilityZones'], 'twice'],
    [
      'a certificate of another region',
      { customDomain: { name: 'api.example.com', certificateArn: 'arn:aws:acm:us-east-1:1:certificate/1' } },
      ['customDomain', 'certificateArn'],
      'ACM of eu-west-1',
    ],
  ])('what CloudFormation would refuse after minutes is refused at once: %s', (_what, patch, path, words) => {
    const issues = deploymentConfigSchema.safeParse({ ...prod, ...patch }).error?.issues ?? []
    expect(issues.map((issue) => issue.path)).toEqual([path])
    expect(issues[0]?.message).toContain(words)
  })

  test('a field that nobody knows is a mistake, not a comment', () => {
    expect(deploymentConfigSchema.safeParse({ ...prod, wokers: {} }).success).toBe(false)
  })
})
