import { readEnvironment, requireEnvironment } from '../../shared/config/environment.ts'
import { requirePlausibleVersion, type VersionParts } from '../../shared/core/client-version.ts'
import { Fault } from '../../shared/core/fault.ts'
import { newId } from '../../shared/core/ids.ts'
import { type AllowedRanges, parseAllowedRanges } from '../../shared/egress/address.ts'
import { problemOfProxyUrl } from '../../shared/egress/url-rules.ts'
import { modeSchema } from '../../shared/store/rows/fields.ts'

const LIVE_URL = 'wss://web.whatsapp.com/ws/chat'
const DEFAULT_CAPACITY = 200

/** What the environment says about this worker. @throws with the variable's name when it says nonsense */
export const readSettings = () => {
  const mode = modeSchema.safeParse(requireEnvironment('workerMode')).data
  if (!mode) throw new Error('WORKER_MODE is neither live nor test')
  const testUrl = readEnvironment('waTestUrl')
  const trustRoot = readEnvironment('waTestTrustRoot')
  if (mode === 'test' && (!testUrl || !trustRoot))
    throw new Error('WORKER_MODE is test, but WA_TEST_URL or WA_TEST_TRUST_ROOT is not set')
  const egressRanges = readRanges(readEnvironment('waEgressAllowCidrs'))
  return {
    mode,
    workerId: readEnvironment('workerId') ?? newId('wrk'),
    capacity: readPositive('WORKER_CAPACITY', readEnvironment('workerCapacity'), DEFAULT_CAPACITY),
    version: readEnvironment('version') ?? '0.0.0',
    socketUrl: mode === 'test' ? (testUrl as string) : LIVE_URL,
    trustRoot: mode === 'test' ? trustRoot : null,
    whatsappVersion: readVersion(readEnvironment('waVersion')),
    egressProxies: mode === 'live' ? readProxies(readEnvironment('waEgressProxies'), egressRanges) : [],
    egressRanges,
    /** of proxies that tenants name: the same ranges in which their webhooks may lie */
    tenantEgressRanges: parseAllowedRanges(readEnvironment('egressAllowCidrs')),
    taskToken: readEnvironment('taskToken'),
    heartbeatFile: readEnvironment('heartbeatFile'),
    queuePrefix: requireEnvironment('workerQueuePrefix'),
    hintsQueueUrl: requireEnvironment('hintsQueueUrl'),
    authBucket: requireEnvironment('authBucket'),
    mediaBucket: requireEnvironment('mediaBucket'),
    /** only in test mode, and only when its files lie on a host of the same machine */
    testMediaHost: mode === 'test' ? new URL(testUrl as string).hostname : null,
    testMediaCa: mode === 'test' ? readEnvironment('waTestMediaCa') : null,
    kmsKeyId: requireEnvironment('kmsKeyId'),
    eventBus: requireEnvironment('eventBus'),
  }
}

const readPositive = (name: string, text: string | null, fallback: number): number => {
  const value = text === null ? fallback : Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} is not a positive whole number: ${text}`)
  return value
}

/** @throws when it is no list of address ranges */
export const readRanges = (text: string | null): AllowedRanges => {
  try {
    return parseAllowedRanges(text)
  } catch {
    throw new Error(`WA_EGRESS_ALLOW_CIDRS is not like 10.0.0.0/8,fd00::/8: ${text}`)
  }
}

/**
 * @param allowedRanges where proxies may lie beside public addresses
 * @throws when one is no address of an HTTP proxy that may be called; the text names its place in the list, since it may
 * hold a password
 */
export const readProxies = (text: string | null, allowedRanges: AllowedRanges): string[] =>
  (text ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '')
    .map((url, index) => {
      const problem = problemOfProxyUrl(url, { allowedRanges })
      if (problem) throw new Error(`WA_EGRESS_PROXIES: number ${index + 1} ${problem}`)
      return new URL(url).href
    })

/** @throws when it is set and no worker should announce it. null: the version Baileys brings */
const readVersion = (text: string | null): VersionParts | null => {
  if (text === null) return null
  try {
    return requirePlausibleVersion(text)
  } catch (error) {
    throw new Error(`WA_VERSION is ${text}. ${error instanceof Fault ? error.details.detail : error}`)
  }
}
