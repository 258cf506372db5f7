import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { UserError } from './user-error.ts'

export interface StartOptions {
  readonly json: boolean
  readonly port: number
  readonly dataDir: string
  readonly fresh: boolean
  readonly live: boolean
  readonly help: boolean
  /** another WhatsApp-compatible server for test mode, instead of the simulator */
  readonly whatsapp: { readonly url: string; readonly trustRootHex: string; readonly controlUrl: string } | null
}

export const DEFAULT_PORT = 8787

export const USAGE = `Usage: npm start -- [options]

  --port N        port of the HTTPS API on 127.0.0.1 (default ${DEFAULT_PORT}; 0: a free one)
  --data-dir DIR  where everything is kept (default .fleetline)
  --fresh         forget everything first
  --live          let live keys connect to the real WhatsApp
  --json          print one JSON line when ready; everything else goes to stderr

Test-mode sessions connect to another WhatsApp-compatible server with the variables
  FLEETLINE_WA_URL, FLEETLINE_WA_TRUST_ROOT (hex) and optionally FLEETLINE_WA_CONTROL_URL
`

/** @throws UserError naming the flag or variable */
export const readStartOptions = (argv: readonly string[], environment: NodeJS.ProcessEnv): StartOptions => {
  const values = parse(argv)
  const port = Number(values.port ?? DEFAULT_PORT)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UserError(`--port must be 0 to 65535, not "${values.port}"`)
  return {
    json: values.json ?? false,
    port,
    dataDir: resolve(values['data-dir'] ?? '.fleetline'),
    fresh: values.fresh ?? false,
    live: values.live ?? false,
    help: values.help ?? false,
    whatsapp: readServer(environment),
  }
}

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        json: { type: 'boolean' },
        port: { type: 'string' },
        'data-dir': { type: 'string' },
        fresh: { type: 'boolean' },
        live: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UserError(`${(error as Error).message.split('.')[0]}. See npm start -- --help`)
  }
}

const readServer = (environment: NodeJS.ProcessEnv): StartOptions['whatsapp'] => {
  const url = environment.FLEETLINE_WA_URL
  const trustRootHex = environment.FLEETLINE_WA_TRUST_ROOT
  if (!url && !trustRootHex) return null
  if (!url || !trustRootHex)
    throw new UserError('FLEETLINE_WA_URL and FLEETLINE_WA_TRUST_ROOT go together: set both or none')
  if (!/^wss?:\/\//.test(url)) throw new UserError('FLEETLINE_WA_URL must start with ws:// or wss://')
  if (!/^[0-9a-f]{64}$/i.test(trustRootHex))
    throw new UserError('FLEETLINE_WA_TRUST_ROOT must be 32 bytes in hex (64 digits)')
  return { url, trustRootHex, controlUrl: environment.FLEETLINE_WA_CONTROL_URL ?? '' }
}
