import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ENV } from '../../shared/config/environment.ts'
import { buildLambdas, bytesWithoutSdk, listLambdas } from '../../tools/lambda-bundle.ts'
import type { Bench, Figure } from '../report.ts'
import { median, rounded } from '../support/rounds.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
const root = fileURLToPath(new URL('../..', import.meta.url))
const child = join(import.meta.dirname, '../children/cold-start.ts')
const execute = promisify(execFile)

interface Start {
  readonly importMs: number
  readonly cpuMs: number
  readonly heapUsed: number
  readonly rss: number
}

/** Every setting has some value; nothing is contacted while a module is loaded. */
const environment: Record<string, string> = {
  ...Object.fromEntries(Object.values(ENV).map((name) => [name, '1'])),
  [ENV.egressAllowCidrs]: '',
  PATH: process.env.PATH ?? '',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
}

/** api-stream asks for the runtime's global while it loads. */
const PRELOAD =
  'data:text/javascript,globalThis.awslambda={streamifyResponse:(handler)=>handler,HttpResponseStream:{from:(stream)=>stream}}'

const start = async (file: string): Promise<Start> => {
  const { stdout } = await execute(process.execPath, ['--import', PRELOAD, child, file], { env: environment })
  return JSON.parse(stdout)
}

/**
 * What loading each lambda's bundle costs in a fresh node process, and its size. Not AWS: there the runtime's own start,
 * the download of the code and a share of a CPU that follows the memory setting come on top. Compare rows.
 */
export const run: Bench = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetline-cold-start-'))
  try {
    const outputs = await buildLambdas(root, { sourcemap: false, outdir: folder })
    const ownKib = new Map(
      Object.entries(outputs).map(([path, output]) => [path.split('/').at(-2)!, bytesWithoutSdk(output) / 1024]),
    )
    mkdirSync(join(folder, 'empty'))
    writeFileSync(join(folder, 'empty/index.mjs'), 'export const handler = async () => null\n')
    const names = ['empty', ...listLambdas(root)]
    const starts = new Map<string, Start[]>(names.map((name) => [name, []]))
    // In turns: what the machine does besides hits all alike. The first round only warms the file cache.
    for (let round = 0; round <= ROUNDS; round++)
      for (const name of names) {
        const one = await start(join(folder, name, 'index.mjs'))
        if (round > 0) starts.get(name)!.push(one)
      }
    const of = (name: string, field: keyof Start) => median(starts.get(name)!.map((one) => one[field]))
    return names.map((name): Figure => {
      const heapMb = rounded((of(name, 'heapUsed') - of('empty', 'heapUsed')) / 1024 ** 2, 1)
      const rssMb = Math.round(of(name, 'rss') / 1024 ** 2)
      const size = ownKib.has(name) ? `${Math.round(ownKib.get(name)!)} KiB without SDK (aim ≤ 300), ` : ''
      const cpu = `${rounded(of(name, 'cpuMs'), 0)} ms CPU`
      return {
        name,
        value: rounded(of(name, 'importMs'), 0),
        unit: 'ms',
        note: `${size}${cpu}, heap +${heapMb} MB, RSS ${rssMb} MB; median of ${ROUNDS}, a local process and not AWS`,
      }
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
