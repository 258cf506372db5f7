import * as z from 'zod'
import { SendMessageCommand, type SQSClient } from '../aws/sqs.ts'
import type { TenantScope } from '../core/tenant-scope.ts'

/** Asks for one file to be fetched; the row says from where. */
export const mediaFetchEnvelope = z.object({
  v: z.literal(1),
  tenantId: z.string(),
  mode: z.enum(['live', 'test']),
  mediaId: z.string(),
})

export class MediaFetchQueue {
  readonly #client: SQSClient
  readonly #queueUrl: string

  constructor(client: SQSClient, queueUrl: string) {
    this.#client = client
    this.#queueUrl = queueUrl
  }

  async order(scope: TenantScope, mediaId: string): Promise<void> {
    const envelope: z.infer<typeof mediaFetchEnvelope> = {
      v: 1,
      tenantId: scope.tenantId,
      mode: scope.mode,
      mediaId,
    }
    await this.#client.send(
      // The group makes the queue fair: one tenant's slow servers do not hold back the others.
      new SendMessageCommand({
        QueueUrl: this.#queueUrl,
        MessageBody: JSON.stringify(envelope),
        MessageGroupId: scope.tenantId,
      }),
    )
  }
}
