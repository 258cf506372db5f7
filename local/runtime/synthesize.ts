import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../cli/user-error.ts'

/** What the templates and bundles are made from. */
const SOURCES = ['infra', 'lambdas', 'session-task', 'shared', 'tools/build.ts', 'package-lock.json', 'cdk.json']

/**
 * Bundles and synthesizes, unless the sources are those of the last time. Runs in children, so that their memory is gone
 * when we serve. @returns the cloud assembly's directory
 */
export const synthesize = async (
  root: string,
  dataDir: string,
  onProgress: (text: string) => void,
): Promise<string> => {
  const directory = join(dataDir, 'cdk.out')
  const stampFile = join(dataDir, 'synth.stamp')
  const stamp = hashOf(root)
  const worker = join(root, 'dist/session-task/main.mjs')
  const known = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : ''
  if (known === stamp && existsSync(join(directory, 'manifest.json')) && existsSync(worker)) return directory
  const logFile = join(dataDir, 'build.txt')
  onProgress('bundling lambdas and worker')
  await runNode(root, ['tools/build.ts'], {}, logFile)
  onProgress('synthesizing the CDK app')
  rmSync(directory, { recursive: true, force: true })
  await runNode(root, ['infra/bin/app.ts'], { CDK_OUTDIR: directory, FLEETLINE_ENV: 'local' }, logFile)
  writeFileSync(stampFile, stamp)
  return directory
}

const hashOf = (root: string): string => {
  const hash = createHash('sha256')
  const add = (path: string): void => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true }).sort((a, b) =>
      a.name.localeCompare(b.name),
    )) {
      const child = `${path}/${entry.name}`
      if (entry.isDirectory()) add(child)
      else if (!/\.(test|long)\.ts$|\.snap$/.test(entry.name))
        hash.update(child).update(readFileSync(join(root, child)))
    }
  }
  for (const source of SOURCES)
    if (/\.\w+$/.test(source)) hash.update(readFileSync(join(root, source)))
    else add(source)
  return hash.digest('hex')
}

/** The first line that names an error; all of it is in the file. */
const failure = (script: string, logFile: string, output: string): Error => {
  writeFileSync(logFile, output)
  const lines = output.split('\n').map((line) => line.trim())
  const told = lines.find((line) => /error/i.test(line)) ?? lines.findLast((line) => line !== '') ?? 'no output'
  return new UserError(`${script} failed: ${told} (all of it: ${logFile})`)
}

const runNode = (cwd: string, args: readonly string[], env: Record<string, string>, logFile: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output: string[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(String(chunk)))
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(failure(args[0]!, logFile, output.join('')))))
  })
