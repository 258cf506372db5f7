import { makeEventBridgeClient } from '../aws/event-bridge.ts'
import { makeKMSClient } from '../aws/kms.ts'
import { makeSecretsManagerClient } from '../aws/secrets-manager.ts'
import { readEnvironment, requireEnvironment } from '../config/environment.ts'
import { TenantKeys } from '../crypto/tenant-keys.ts'
import { EventBridgeSink, type EventSink } from '../events/event-sink.ts'
import { LimitEvents } from '../events/limit-events.ts'
import type { Log } from '../log/log.ts'
import type { Tables } from '../store/tables.ts'
import type { ApiDependencies } from './api.ts'
import { Authenticator } from './authenticate.ts'
import { makeSecretReader } from './platform-secret.ts'
import { RequestLimiter } from './request-limiter.ts'
import { UsageMeter } from './usage-meter.ts'

const DEFAULT_DOCS_BASE_URL = 'https://fleetline.example.com/docs'

/** What the kernel needs in a lambda, from the environment. @param own what the function has of its own, to share it */
export const makeApiDependencies = (
  tables: Tables,
  log: Log,
  own: { readonly tenantKeys?: TenantKeys; readonly sink?: EventSink; readonly tellsLimits?: boolean } = {},
): ApiDependencies => {
  const readSecret = makeSecretReader(makeSecretsManagerClient(), requireEnvironment('platformSecretId'))
  const makeLimitEvents = (): LimitEvents => {
    const tenantKeys =
      own.tenantKeys ??
      new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: requireEnvironment('kmsKeyId') })
    const sink = own.sink ?? new EventBridgeSink(makeEventBridgeClient(), requireEnvironment('eventBus'))
    return new LimitEvents({ tables, tenantKeys, sink, log })
  }
  return {
    tables,
    authenticator: new Authenticator({ tables, readSecret }),
    readSecret,
    meter: new UsageMeter({ tables, log }),
    limiter: new RequestLimiter({ tables, log }),
    limitEvents: own.tellsLimits === false ? null : makeLimitEvents(),
    corsOrigins: (readEnvironment('corsAllowOrigins') ?? '').split(',').filter(Boolean),
    liveModeEnabled: readEnvironment('liveMode') === 'enabled',
    docsBaseUrl: (readEnvironment('docsBaseUrl') ?? DEFAULT_DOCS_BASE_URL).replace(/\/$/, ''),
    log,
  }
}
