import type { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { requireEnvironment } from '../../shared/config/environment.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { makeApi } from '../../shared/http/api.ts'
import type { ProxyEvent } from '../../shared/http/gateway.ts'
import { makeApiDependencies } from '../../shared/http/make-dependencies.ts'
import { makeLog } from '../../shared/log/log.ts'
import { openTables } from '../../shared/store/tables.ts'
import { follow, LONGEST_MS } from './follow.ts'
import { makeStreamHandlers } from './handlers.ts'
import type { OpenStream } from './open-stream.ts'

/** The part of the managed runtime's global that streams answers. */
declare const awslambda: {
  streamifyResponse(handler: (event: ProxyEvent, stream: Writable) => Promise<void>): unknown
  HttpResponseStream: {
    from(stream: Writable, head: { statusCode: number; headers: Record<string, string> }): Writable
  }
}

const log = makeLog('api-stream')
const tables = openTables()
const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: requireEnvironment('kmsKeyId') })
const dependencies = makeApiDependencies(tables, log, { tenantKeys })

/** Server-sent events over REST response streaming: checked like any operation, then followed until the client leaves. */
export const handler = awslambda.streamifyResponse(async (event, raw) => {
  let opened: OpenStream | null = null
  const api = makeApi(
    'api-stream',
    makeStreamHandlers({ tables, tenantKeys }, (begun) => {
      opened = begun
    }),
    dependencies,
  )
  const startedAt = Date.now()
  const answer = await api(event)
  const stream = awslambda.HttpResponseStream.from(raw, { statusCode: answer.statusCode, headers: answer.headers })
  let isGone = false
  const leave = () => {
    isGone = true
  }
  stream.once('close', leave).once('error', leave)
  stream.write(answer.body)
  if (opened) await followToTheEnd(opened)
  if (!isGone) stream.end()

  async function followToTheEnd({ source, renew, end }: OpenStream): Promise<void> {
    await follow({
      source,
      renew,
      write: (text) => void stream.write(text),
      isGone: () => isGone,
      wait,
      now: Date.now,
      endsAt: startedAt + LONGEST_MS,
    }).finally(() => end().catch((error) => log.warn({ err: error }, 'the place of the stream runs out by itself')))
  }
})
