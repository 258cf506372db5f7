import { parseArgs } from 'node:util'
import { startSimulator } from './simulator.ts'

const USAGE = `Usage: node simulator/main.ts [--port N] [--control-port N] [--media-port N] [--data-dir DIR] [--host ADDRESS] [--media-name NAME] [--json] [--exit-with-parent]

  --port N            WebSocket port (default: a free one)
  --control-port N    control API port (default: a free one)
  --media-port N      https port of the media host (default: a free one)
  --data-dir DIR      keep everything in DIR and resume from it (default: in memory)
  --host ADDRESS      interface of the WebSocket and the control API (default: 127.0.0.1); whoever reaches it can do all
  --media-name NAME   name by which clients reach the media host; it then listens on --host too (default: 127.0.0.1)
  --json              print one JSON line when ready
  --exit-with-parent  stop when stdin closes

  SIMULATOR_ROOT_KEY in the environment: private key of the certificate root, 64 hex digits, for a server without a data
  directory that clients trust across restarts, as they do the media host's authority
`

function readOptions(argv: string[]) {
  const { values } = parseArgs({
    args: argv,
    options: {
      port: { type: 'string' },
      'control-port': { type: 'string' },
      'media-port': { type: 'string' },
      'data-dir': { type: 'string' },
      host: { type: 'string' },
      'media-name': { type: 'string' },
      json: { type: 'boolean', default: false },
      'exit-with-parent': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return values
}

function portOf(text: string | undefined, flag: string): number {
  const port = Number(text ?? 0)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${flag} must be a port number from 0 to 65535, not "${text}"`)
  return port
}

function rootKeyOf(text: string | undefined): Buffer | undefined {
  if (!text) return undefined
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new Error('SIMULATOR_ROOT_KEY must be 64 hex digits')
  return Buffer.from(text, 'hex')
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options.help) return void process.stdout.write(USAGE)
  const dataDir = options['data-dir']
  const mediaName = options['media-name']
  const rootKey = rootKeyOf(process.env.SIMULATOR_ROOT_KEY)
  const simulator = await startSimulator({
    ...(options.host ? { host: options.host } : {}),
    ...(rootKey ? { rootKey } : {}),
    ...(mediaName ? { mediaName } : {}),
    port: portOf(options.port, '--port'),
    controlPort: portOf(options['control-port'], '--control-port'),
    mediaPort: portOf(options['media-port'], '--media-port'),
    ...(dataDir === undefined ? {} : { dataDir }),
  })
  const { controlUrl, socketUrl, trustRootHex, mediaUrl, mediaCaPem } = simulator
  let isStopping = false
  const stop = () => {
    if (isStopping) return
    isStopping = true
    void simulator.stop().then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  if (options['exit-with-parent']) process.stdin.on('end', stop).on('error', stop).resume()
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ event: 'ready', controlUrl, socketUrl, trustRootHex, mediaUrl, mediaCaPem })}\n`,
    )
  else
    process.stdout.write(
      `Simulated WhatsApp is ready.\n  clients connect to  ${socketUrl}\n  trust root          ${trustRootHex}\n  control API         ${controlUrl}\n  media host          ${mediaUrl}\n  its authority       ${onOneLine(mediaCaPem)}\n`,
    )
}

/** A certificate that fits into one line of a log and of a command. */
function onOneLine(pem: string): string {
  return pem.replace(/-----[A-Z ]+-----|\s|=/g, '')
}

main().catch((error: Error & { code?: string }) => {
  const detail =
    error.code === 'EADDRINUSE'
      ? `The port is in use: ${error.message}. Choose another, or 0 for a free one.`
      : error.message
  process.stderr.write(`simulator: ${detail}\n`)
  process.exit(1)
})
