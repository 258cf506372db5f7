import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { LambdaFunction } from './lambda-function.ts'

const directory = mkdtempSync(join(tmpdir(), 'fleetline-lambda-'))
const functions: LambdaFunction[] = []
const lines: string[] = []
writeFileSync(
  join(directory, 'index.mjs'),
  `let invocations = 0
export const handler = async (event, context) => {
  invocations++
  if (event.fail) throw new RangeError('too much')
  if (event.hang) await new Promise(() => {})
  if (event.exit) process.exit(1)
  if (event.print) console.log(event.print)
  if (event.wait) await new Promise((resolve) => setTimeout(resolve, event.wait))
  return { invocations, variable: process.env.ONLY, path: process.env.PATH, name: context.functionName }
}`,
)
writeFileSync(
  join(directory, 'streamed.mjs'),
  `export const handler = awslambda.streamifyResponse(async (event, raw) => {
  const stream = awslambda.HttpResponseStream.from(raw, { statusCode: 201 })
  if (event.once) return void stream.end('once')
  stream.write('one')
  let gone = false
  stream.once('close', () => { gone = true })
  while (!gone) {
    stream.write('two')
    await new Promise((resolve) => setImmediate(resolve))
  }
})`,
)
afterEach(async () => {
  await Promise.all(functions.splice(0).map((item) => item.stop()))
})
afterAll(() => rmSync(directory, { recursive: true }))

const make = (timeoutSeconds = 5) => {
  const made = new LambdaFunction(
    { name: 'fixture', directory, handler: 'index.handler', environment: { ONLY: 'this' }, timeoutSeconds },
    (line) => lines.push(line),
  )
  functions.push(made)
  return made
}

it('keeps the environment warm, with the template’s variables only', async () => {
  const lambda = make()
  await lambda.invoke({})
  expect(await lambda.invoke({})).toEqual({ invocations: 2, variable: 'this', path: undefined, name: 'fixture' })
})

it('concurrent invocations get environments of their own', async () => {
  const lambda = make()
  const results = await Promise.all([
    lambda.invoke({ wait: 50 }),
    lambda.invoke({ wait: 50 }),
    lambda.invoke({ wait: 50 }),
  ])
  expect(results.map((result) => result.invocations)).toEqual([1, 1, 1])
})

it('a handler’s error comes back by name and the environment lives on', async () => {
  const lambda = make()
  await expect(lambda.invoke({ fail: true })).rejects.toMatchObject({ errorType: 'RangeError', message: 'too much' })
  expect((await lambda.invoke({})).invocations).toBe(2)
})

it('a time-out ends the environment; the next invocation gets a fresh one', async () => {
  const lambda = make(0.3)
  await expect(lambda.invoke({ hang: true })).rejects.toMatchObject({ errorType: 'Sandbox.Timedout' })
  expect((await lambda.invoke({})).invocations).toBe(1)
})

it('an environment that dies fails its invocation and nothing else', async () => {
  const lambda = make()
  await expect(lambda.invoke({ exit: true })).rejects.toMatchObject({ errorType: 'Runtime.ExitError' })
  expect((await lambda.invoke({})).invocations).toBe(1)
})

it('what a handler prints goes to the log, not to our stdout', async () => {
  await make().invoke({ print: 'hello log' })
  // The output of a thread comes by another pipe than its answer.
  await vi.waitFor(() => expect(lines).toContain('hello log'), 10_000)
})

it('a streamed answer comes head first, chunk by chunk; a client that leaves ends it at its source', async () => {
  const lambda = new LambdaFunction(
    { name: 'streamed', directory, handler: 'streamed.handler', environment: {}, timeoutSeconds: 5 },
    (line) => lines.push(line),
  )
  functions.push(lambda)
  const seen: string[] = []
  let cancel = () => {}
  const sink = {
    head: (head: { statusCode: number }) => void seen.push(`head ${head.statusCode}`),
    chunk: (bytes: Uint8Array) => {
      seen.push(Buffer.from(bytes).toString())
      if (seen.length === 3) cancel()
    },
    onCancel: (end: () => void) => {
      cancel = end
    },
  }
  await lambda.invoke({}, sink)
  expect(seen.slice(0, 3)).toEqual(['head 201', 'one', 'two'])
  expect(await lambda.invoke({ once: true }, { ...sink, chunk: () => {} })).toBeNull()
})

it('changed variables: what runs ends as it began, the next invocation sees them', async () => {
  const lambda = make()
  const running = lambda.invoke({ wait: 200 })
  await lambda.invoke({}) // a second environment, idle by now
  lambda.setVariables({ ONLY: 'other' })
  expect((await running).variable).toBe('this')
  expect(await Promise.all([lambda.invoke({}), lambda.invoke({ wait: 20 })])).toMatchObject([
    { variable: 'other' },
    { variable: 'other' },
  ])
})
