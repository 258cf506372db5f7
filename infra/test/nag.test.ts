import { afterAll, expect, test } from '@jest/globals'
import { Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { acknowledgements } from '../constructs/acknowledge.ts'
import { FULL, prepareCell, prepareConfig } from './support/synth.ts'

afterAll(() => {
  const rules = new Set(acknowledgements.map(({ id }) => id.replace(/\[.*/, '')))
  process.stdout.write(
    `cdk-nag: ${acknowledgements.length} acknowledgements of ${rules.size} rules, each with a reason\n`,
  )
})

/** Synthesis throws with the list of findings that nobody acknowledged. */
test.each([
  ['production', () => prepareCell('prod')],
  ['everything switched on', () => prepareConfig(FULL)],
])('AWS Solutions rules hold, or the exception is written down with a reason: %s', (_name, prepare) => {
  const { app } = prepare()
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  expect(() => app.synth()).not.toThrow()
})

test('every acknowledgement names a resource and says why', () => {
  expect(acknowledgements.length).toBeGreaterThan(0)
  for (const { path, reason } of acknowledgements) {
    expect(path).toMatch(/^fleetline-prod-c1-[a-z]+\/./)
    expect(reason.length).toBeGreaterThan(20)
  }
})
