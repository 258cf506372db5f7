import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, it } from 'vitest'

const DEADLINE_MS = 5_000
const parents: ReturnType<typeof spawn>[] = []
afterEach(() => {
  for (const parent of parents.splice(0)) parent.kill('SIGKILL')
})

/** A parent that starts guarded children and prints their pids. */
const PARENT = `
import { Guard } from ${JSON.stringify(join(import.meta.dirname, 'guard.ts'))}
const guard = new Guard()
const children = [
  guard.spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']),
  guard.spawn(process.execPath, ['-e', 'for (;;) {}']),
  guard.spawn('/bin/sleep', ['600']),
]
console.log(JSON.stringify([...children.map((c) => c.pid), guard.process.pid]))
setInterval(() => {}, 1000)
`

const startParent = async () => {
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', PARENT], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  parents.push(parent)
  const [line] = await once(createInterface({ input: parent.stdout! }), 'line')
  return { parent, pids: JSON.parse(line) as number[] }
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const allGone = async (pids: number[]) => {
  const until = Date.now() + DEADLINE_MS
  while (pids.some(isAlive)) {
    if (Date.now() > until) return pids.filter(isAlive)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return []
}

it('children die with a parent that is SIGKILLed, busy ones and stopped ones too', async () => {
  const { parent, pids } = await startParent()
  expect(pids.every(isAlive)).toBe(true)
  process.kill(pids[0]!, 'SIGSTOP')
  parent.kill('SIGKILL')
  expect(await allGone(pids)).toEqual([])
})
