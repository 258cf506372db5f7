import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export type ReadyLine = { event: 'ready'; controlUrl: string; socketUrl: string; trustRootHex: string }
export type SimulatorProcess = ReadyLine & { child: ChildProcess; exited: Promise<number | null> }

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** Starts `simulator/main.ts --json` as its own process and waits for its ready line. Rejects with its stderr if it dies. */
export async function spawnSimulator(...flags: string[]): Promise<SimulatorProcess> {
  const child = spawn(process.execPath, [MAIN, '--json', '--exit-with-parent', ...flags], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  let errors = ''
  child.stderr!.on('data', (chunk) => {
    errors += chunk
  })
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve)
    void exited.then((code) => reject(new Error(`simulator exited with ${code}: ${errors}`)))
  })
  return { ...(JSON.parse(line) as ReadyLine), child, exited }
}
