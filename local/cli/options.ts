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

const DEFAULT_PORT = 8787

export const USAGE = `Usage: npm start -- [options]

Runs the whole platform on this machine, with a simulated WhatsApp, until Ctrl-C.

  --port N        port of the HTTP API on 127.0.0.1 (default ${DEFAULT_PORT}; 0: a free one)
  --data-dir DIR  where everything is kept (default .fleetline)
  --fresh         forget everything first (npm run reset does only that)
  --live          let live keys connect to the real WhatsApp; without it they get 503 live_mode_disabled
  --json          print one JSON line when ready; everything else goes to stderr
  --help          print this

Test-mode sessions connect to another WhatsApp-compatible server, instead of the simulator that is started here, with
  FLEETLINE_WA_URL          its address, ws:// or wss://
  FLEETLINE_WA_TRUST_ROOT   its Noise certificate root, 32 bytes in hex
  FLEETLINE_WA_CONTROL_URL  optional: its control API, for the /v1/test requests
A second simulator prints all three: npm run simulator

Tables are kept by Dynoxide, or where that is not installed by DynamoDB Local (Java); to choose:
  FLEETLINE_DYNAMODB        dynoxide or dynamodb-local
  FLEETLINE_DYNAMODB_LOCAL  optional: the folder of DynamoDBLocal.jar

DEBUG=1 prints the whole error when a start fails.
`

/** @throws UserError naming the flag or variable */
export const readStartOptions = (argv: readonly string[], environment: NodeJS.ProcessEnv): StartOptions => {
  const values = parse(argv)
  const port = Number(values.port ?? DEFAULT_PORT)
  if (!/^\d+$/.test(values.port ?? '0') || port > 65_535)
    throw new UserError(`--port must be 0 to 65535, not "${values.port}"`)
  if (values['data-dir'] === '') throw new UserError('--data-dir needs a directory')
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
    throw new UserError(`${(error as Error).message.split(/\. |\n/)[0]}. See npm start -- --help`)
  }
}

const readServer = (environment: NodeJS.ProcessEnv): StartOptions['whatsapp'] => {
  const url = environment.FLEETLINE_WA_URL
  const trustRootHex = environment.FLEETLINE_WA_TRUST_ROOT
  if (!url && !trustRootHex) return null
  if (!url || !trustRootHex)
    throw new UserError('FLEETLINE_WA_URL and FLEETLINE_WA_TRUST_ROOT go together: set both or none')
  const controlUrl = environment.FLEETLINE_WA_CONTROL_URL ?? ''
  if (!/^wss?:\/\//.test(url) || !URL.canParse(url))
    throw new UserError(`FLEETLINE_WA_URL must be a ws:// or wss:// address, not "${url}"`)
  if (controlUrl && !(/^https?:\/\//.test(controlUrl) && URL.canParse(controlUrl)))
    throw new UserError(`FLEETLINE_WA_CONTROL_URL must be an http:// or https:// address, not "${controlUrl}"`)
  if (!/^[0-9a-f]{64}$/i.test(trustRootHex))
    throw new UserError('FLEETLINE_WA_TRUST_ROOT must be 32 bytes in hex (64 digits); npm run simulator prints it')
  return { url, trustRootHex, controlUrl: controlUrl.replace(/\/$/, '') }
}
