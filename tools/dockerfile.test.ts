import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const instructions = readFileSync('session-task/Dockerfile', 'utf8')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
const lastStage = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM')))

test('the worker image has no default base: whoever builds it names one by digest', () => {
  expect(instructions[0]).toBe('ARG NODE_IMAGE')
  for (const line of instructions.filter((each) => each.startsWith('FROM')))
    expect(line).toMatch(/^FROM \$\{NODE_IMAGE\}/)
})

test('what runs is a stage of its own, without build tools, sources or install scripts', () => {
  expect(instructions.filter((line) => line.startsWith('FROM')).length).toBeGreaterThanOrEqual(3)
  expect(lastStage.filter((line) => line.startsWith('RUN'))).toEqual([])
  for (const line of lastStage.filter((each) => each.startsWith('COPY'))) expect(line).toMatch(/^COPY --from=/)
  for (const line of instructions.filter((each) => each.includes('npm ci'))) expect(line).toContain('--ignore-scripts')
})

test('it runs as an unprivileged user, gets signals itself, and writes to /tmp alone', () => {
  expect(lastStage).toContain('USER node')
  expect(lastStage.at(-1)).toBe('CMD ["node", "dist/session-task/main.mjs"]')
  expect(lastStage).toContain('VOLUME ["/tmp"]')
})
