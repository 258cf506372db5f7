import { randomUUID } from 'node:crypto'
import { startTestApi } from '../../lambdas/testing/test-api.ts'
import { makeSQSClient, SendMessageCommand } from '../../shared/aws/sqs.ts'
import { newId } from '../../shared/core/ids.ts'
import { leaseKey, sessionKey } from '../../shared/store/keys.ts'
import { MessageLegs } from '../../shared/store/message-legs.ts'
import { Messages } from '../../shared/store/messages.ts'
import { transact } from '../../shared/store/table.ts'
import { MinuteCounter } from '../../shared/usage/minute-counter.ts'

/**
 * `POST /v1/messages` in this process against the emulators, of a tenant with a connected session, and the AWS calls
 * that it makes with nothing around them.
 */
export const startAcceptWorld = async () => {
  const api = await startTestApi()
  const tenant = await api.newTenant()
  await api.call(api.adminKey, 'PATCH', `/v1/tenants/${tenant.id}`, { body: { plan: 'enterprise' } })
  api.time.offsetMs += 31_000
  const { scope, key } = tenant
  const sessionId = await api.newSession(key)
  await api.setSession(scope, sessionId, 'connected')
  const { queueUrl } = await api.giveToWorker(scope, sessionId)

  const post = async (): Promise<string> => {
    const { status, body } = await api.call(key, 'POST', '/v1/messages', {
      body: { sessionId, to: '+5511988887777', type: 'text', text: { body: randomUUID() } },
      headers: { 'Idempotency-Key': randomUUID() },
    })
    if (status !== 202) throw new Error(`${status} ${body.code}: ${body.detail}`)
    return body.id
  }

  // The rows are those of a message that the handler accepted: a smaller row, or one in fewer indexes, is another call.
  const row = (await new Messages(api.tables, scope).get(await post()))!
  const legs = new MessageLegs(api.tables, scope)
  const counter = new MinuteCounter({ tables: api.tables, log: api.dependencies.log, what: 'apiCalls' })
  const sqs = makeSQSClient()
  const ring = JSON.stringify({ v: 1, tenantId: scope.tenantId, mode: scope.mode, sessionId, kind: 'messages' })
  const accept = async (): Promise<void> => {
    const now = Date.now()
    await api.tables.core.get(sessionKey(scope, sessionId))
    await transact(api.tables.client, legs.accept({ ...row, id: newId('msg', now), createdAt: now }, now).legs)
    await api.tables.core.get(leaseKey(scope, sessionId))
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: ring }))
  }
  /** session → transaction of the two rows → lease → ring, and beside them the count, which calls at one time share */
  const bare = () => Promise.all([counter.count(scope, Date.now()), accept()])

  return { post, bare, stop: () => api.stop() }
}
