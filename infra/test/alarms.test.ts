import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ofType, synthesize } from './support/synth.ts'

const alarms = ofType(synthesize('prod'), 'AWS::CloudWatch::Alarm').map(({ properties }) => properties)
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
    expect(alarm.TreatMissingData).toBe('notBreaching')
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
