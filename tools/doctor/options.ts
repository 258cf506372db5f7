import { parseArgs } from 'node:util'

export const USAGE = `npm run doctor -- --url https://api.example.com [--prefix fleetline-prod-c1] [--secret <PlatformSecretArn>]
  FLEETLINE_ADMIN_KEY holds the admin key (a key on a command line is seen by everybody on the machine).
  --prefix and --secret look into AWS with the credentials of your shell (AWS_ENDPOINT_URL for emulators).
  --sessions N compares the account's quotas with N sessions instead of those that are there.
  Without --url: looks at the account alone (bootstrap, region, quotas), before the first deployment.
  Reads only. Ends with 1 when there is a problem.`

export interface DoctorOptions {
  /** null: only the account is looked at */
  readonly api: { readonly url: string; readonly adminKey: string } | null
  readonly prefix: string | null
  readonly secretId: string | null
  readonly sessions: number | null
}

/**
 * @param adminKey value of FLEETLINE_ADMIN_KEY
 * @returns null: only the usage is asked for
 * @throws Error that says which argument is missing or wrong
 */
export const readOptions = (args: readonly string[], adminKey: string | undefined): DoctorOptions | null => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string' },
      prefix: { type: 'string' },
      secret: { type: 'string' },
      sessions: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return null
  const sessions = values.sessions === undefined ? null : Number(values.sessions)
  if (sessions !== null && !(Number.isInteger(sessions) && sessions > 0))
    throw new Error(`--sessions has to be a whole number above 0, not "${values.sessions}".`)
  return {
    api: values.url === undefined ? null : readApi(values.url, adminKey),
    prefix: values.prefix ?? (values.url === undefined ? missing('Give --url, --prefix or both.') : null),
    secretId: values.secret ?? null,
    sessions,
  }
}

const readApi = (url: string, adminKey: string | undefined): DoctorOptions['api'] => {
  if (!URL.canParse(url)) throw new Error(`--url has to be an address like https://api.example.com, not "${url}".`)
  return { url, adminKey: adminKey || missing('Set FLEETLINE_ADMIN_KEY: export FLEETLINE_ADMIN_KEY=flk_admin_…') }
}

const missing = (what: string): never => {
  throw new Error(what)
}
