import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { stripAssembly } from './strip-assembly.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fleetline-strip-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const write = (name: string, value: object) => writeFileSync(join(directory, name), JSON.stringify(value))
const read = (name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8'))

it('a stripped resource is gone with all that waits for it, and the template gets a new asset name everywhere', () => {
  const Resources = {
    Queue: { Type: 'AWS::SQS::Queue', DependsOn: ['Log', 'Topic'] },
    Topic: { Type: 'AWS::SNS::Topic', DependsOn: 'Log' },
    Log: { Type: 'AWS::EC2::FlowLog' },
  }
  write('net.template.json', { Resources })
  write('other.template.json', { Resources: { Queue: { Type: 'AWS::SQS::Queue' } } })
  write('net.assets.json', { files: { oldhash: { source: { path: 'net.template.json' }, key: 'oldhash.json' } } })
  write('manifest.json', { url: 's3://bucket/oldhash.json' })
  expect(stripAssembly(directory)).toEqual(['net/Log (AWS::EC2::FlowLog)'])
  expect(read('net.template.json').Resources).toEqual({
    Queue: { Type: 'AWS::SQS::Queue', DependsOn: ['Topic'] },
    Topic: { Type: 'AWS::SNS::Topic' },
  })
  const [hash] = Object.keys(read('net.assets.json').files)
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  expect(read('manifest.json').url).toBe(`s3://bucket/${hash}.json`)
  expect(stripAssembly(directory)).toEqual([])
})
