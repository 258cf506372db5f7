import { makeSecretsManagerClient } from '../aws/secrets-manager.ts'
import { readEnvironment, requireEnvironment } from '../config/environment.ts'
import type { Log } from '../log/log.ts'
import type { Tables } from '../store/tables.ts'
import type { ApiDependencies } from './api.ts'
import { Authenticator } from './authenticate.ts'
import { makeSecretReader } from './platform-secret.ts'
import { RequestLimiter } from './request-limiter.ts'
import { UsageMeter } from './usage-meter.ts'

const DEFAULT_DOCS_BASE_URL = 'https://fleetline.example.com/docs'

/** What the kernel needs in a lambda, from the environment. */
export const makeApiDependencies = (tables: Tables, log: Log): ApiDependencies => {
  const readSecret = makeSecretReader(makeSecretsManagerClient(), requireEnvironment('platformSecretId'))
  return {
    tables,
    authenticator: new Authenticator({ tables, readSecret }),
    readSecret,
    meter: new UsageMeter({ tables, log }),
    limiter: new RequestLimiter({ tables, log }),
    corsOrigins: (readEnvironment('corsAllowOrigins') ?? '').split(',').filter(Boolean),
    liveModeEnabled: readEnvironment('liveMode') === 'enabled',
    docsBaseUrl: (readEnvironment('docsBaseUrl') ?? DEFAULT_DOCS_BASE_URL).replace(/\/$/, ''),
    log,
  }
}
