import { expect, it } from 'vitest'
import { runProgram } from './testing/run-program.ts'

const SCRIPT = (version: string) => `
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })
require('./local/require-node.cjs')
console.log('started')`

it('an old Node gets one line that says which one is needed and where to get it', async () => {
  const { code, stdout, stderr } = await runProgram(['-e', SCRIPT('20.20.2')])
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^fleetline: Node 24 is needed, .*npm install without --omit=optional.*\n$/)
})

it('Node 24 and later are let through', async () => {
  for (const version of ['24.0.0', '26.1.0'])
    expect(await runProgram(['-e', SCRIPT(version)])).toMatchObject({ code: 0, stdout: 'started\n' })
})
