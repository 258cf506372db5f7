import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { WORKER_COMMAND } from '../shared/fleet/worker-command.ts'

const instructions = readFileSync('session-task/Dockerfile', 'utf8')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
const lastStage = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM')))

test('the worker image has no default base: whoever builds it names one by digest', () => {
  expect(instructions[0]).toBe('ARG NODE_IMAGE')
  for (const line of instructions.filter((each) => each.startsWith('FROM')))
    expect(line).toMatch(/^FROM (\$\{NODE_IMAGE\}|runtime$)/)
})

test('the worker image has sharp’s libraries, which npm calls optional, and ffmpeg unless it is left out', () => {
  const install = instructions.find((line) => line.includes('--omit=dev'))
  expect(install).not.toContain('--omit=optional')
  for (const laptops of ['node-linux-*', '@dynoxide']) expect(install).toContain(`node_modules/${laptops}`)
  expect(instructions).toContain('ARG SYSTEM_PACKAGES=ffmpeg')
})

test('what runs is a stage of its own, without build tools, sources or install scripts', () => {
  expect(instructions.filter((line) => line.startsWith('FROM')).length).toBeGreaterThanOrEqual(3)
  expect(lastStage.filter((line) => line.startsWith('RUN'))).toEqual([])
  for (const line of lastStage.filter((each) => each.startsWith('COPY'))) expect(line).toMatch(/^COPY --from=/)
  for (const line of instructions.filter((each) => each.includes('npm ci'))) expect(line).toContain('--ignore-scripts')
})

test('it runs as an unprivileged user, gets signals itself, and writes to /tmp alone', () => {
  expect(lastStage).toContain('USER node')
  expect(JSON.parse(lastStage.at(-1)!.replace('CMD ', ''))).toEqual(WORKER_COMMAND)
  expect(lastStage).toContain('VOLUME ["/tmp"]')
})

const stagesOf = (path: string) => {
  const lines = readFileSync(path, 'utf8')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  return { lines, last: lines.slice(lines.findLastIndex((line) => line.startsWith('FROM'))) }
}

test('the simulator image holds its packages and its own folder, nothing of the product, and runs unprivileged', () => {
  const { lines, last } = stagesOf('simulator/Dockerfile')
  for (const line of lines.filter((each) => each.startsWith('FROM'))) expect(line).toMatch(/^FROM \$\{NODE_IMAGE\}/)
  expect(last.filter((line) => line.startsWith('COPY')).map((line) => line.split(' ').at(-1))).toEqual([
    './package.json',
    './node_modules',
    './simulator',
  ])
  expect(last.filter((line) => line.startsWith('RUN'))).toEqual([])
  expect(last).toContain('USER node')
  for (const line of lines.filter((each) => each.includes('npm ci'))) expect(line).toContain('--ignore-scripts')
})

test('every file that an image copies from the repository is there, and the context leaves out what is private', () => {
  for (const folder of ['session-task', 'simulator']) {
    const { lines } = stagesOf(`${folder}/Dockerfile`)
    const copied = lines.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) => line.split(' ').slice(1, -1))
    for (const path of copied) expect({ path, exists: existsSync(path) }).toEqual({ path, exists: true })
    const ignored = readFileSync(`${folder}/Dockerfile.dockerignore`, 'utf8').split('\n')
    for (const path of ['.git', '.fleetline', '.fleetline-localstack', 'node_modules', 'dist'])
      expect({ folder, path, ignored: ignored.includes(path) }).toEqual({ folder, path, ignored: true })
  }
})
