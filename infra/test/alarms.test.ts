import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { ROLLOUT_ALARMS } from '../constructs/rollout-alarms.ts'
import { FULL, ofType, synthesize, synthesizeConfig } from './support/synth.ts'

const cell = synthesizeConfig(FULL)
const alarms = ofType(cell, 'AWS::CloudWatch::Alarm').map(({ properties }) => properties)
const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbooks/alarms.md'), 'utf8')
const headings = [...runbook.matchAll(/^## (.+)$/gm)].map((match) => match[1]!)
const slugs = alarms.map(({ AlarmName }) => AlarmName.replace('fleetline-prod-c1-', ''))

test('every alarm has its heading in the runbook and every heading its alarm', () => {
  expect([...slugs].sort()).toEqual([...headings].sort())
})

test('every alarm links to its heading and tells somebody', () => {
  for (const [index, alarm] of alarms.entries()) {
    expect(alarm.AlarmDescription).toContain(`docs/runbooks/alarms.md#${slugs[index]}`)
    expect(alarm.AlarmActions).toHaveLength(1)
    // Quiet data is good data, but for the canary: it has to sing.
    expect(alarm.TreatMissingData).toBe(slugs[index] === 'canary-failing' ? 'breaching' : 'notBreaching')
  }
})

test('every dead-letter queue has an alarm', () => {
  const queues = ofType(synthesize('prod'), 'AWS::SQS::Queue').filter(({ logicalId }) =>
    logicalId.includes('DeadLetters'),
  )
  expect(slugs.filter((slug) => slug.startsWith('dead-letters-'))).toHaveLength(queues.length)
})

test('every section of the runbook says what to look at and what to do', () => {
  for (const section of runbook.split(/^## /m).slice(1)) {
    expect(section).toMatch(/\*\*Look\*\*/)
    expect(section).toMatch(/\*\*Do\*\*/)
  }
})

test('an alarm adds up no more than ten metrics, which is what CloudWatch takes', () => {
  for (const { AlarmName, Metrics } of alarms)
    expect({
      AlarmName,
      tooMany: (Metrics ?? []).filter((metric: { MetricStat?: object }) => metric.MetricStat).length > 10,
    }).toEqual({
      AlarmName,
      tooMany: false,
    })
})

test('there are six dashboards', () => {
  const names = ofType(synthesize('prod'), 'AWS::CloudWatch::Dashboard').map(
    ({ properties }) => properties.DashboardName,
  )
  const areas = ['api', 'data', 'delivery', 'fleet', 'overview', 'sessions']
  expect(names.sort()).toEqual(areas.map((area) => `fleetline-prod-c1-${area}`))
})

test('the alarms that hold a rollout back exist, and the machine asks for exactly those by their names', () => {
  for (const slug of ROLLOUT_ALARMS) expect(slugs).toContain(slug)
  const rollout = ofType(cell, 'AWS::StepFunctions::StateMachine').find(({ logicalId }) => /Rollout/.test(logicalId))!
  const { States } = JSON.parse(rollout.properties.DefinitionString)
  expect(States.LookAtAlarms.Arguments.AlarmNames).toEqual(ROLLOUT_ALARMS.map((slug) => `fleetline-prod-c1-${slug}`))
})

afterAll(() => {
  process.stdout.write(`${alarms.length} alarms, each with its heading: ${slugs.join(', ')}\n`)
})
