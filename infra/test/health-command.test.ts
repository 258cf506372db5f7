import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { ofType, synthesize } from './support/synth.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleetline-health-'))
const file = join(folder, 'heartbeat')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const task = ofType(synthesize('prod'), 'AWS::ECS::TaskDefinition').find(({ stack }) => stack === 'workers')!
const [container] = task.properties.ContainerDefinitions
const heartbeatFile: string = container.Environment.find(
  ({ Name }: { Name: string }) => Name === 'HEARTBEAT_FILE',
).Value

/** What the container's shell would say, of our file instead of its own. */
const isHealthy = (): boolean => {
  const [shell, command] = container.HealthCheck.Command as [string, string]
  expect(shell).toBe('CMD-SHELL')
  expect(command).toContain(heartbeatFile)
  return spawnSync('/bin/sh', ['-c', command.replaceAll(heartbeatFile, file)]).status === 0
}
const touch = (secondsAgo: number): void => {
  writeFileSync(file, '')
  const at = Date.now() / 1_000 - secondsAgo
  utimesSync(file, at, at)
}

test('the health command: a worker is healthy while it starts and while it beats, and not once it is silent for three minutes', () => {
  expect(isHealthy()).toBe(true)
  touch(0)
  expect(isHealthy()).toBe(true)
  // Ten beats are missed.
  touch(100)
  expect(isHealthy()).toBe(true)
  touch(190)
  expect(isHealthy()).toBe(false)
  touch(0)
  expect(isHealthy()).toBe(true)
})
