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

  test('a field that nobody knows is a mistake, not a comment', () => {
    expect(deploymentConfigSchema.safeParse({ ...prod, wokers: {} }).success).toBe(false)
  })
})
