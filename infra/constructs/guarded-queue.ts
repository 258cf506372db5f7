import { Duration } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

/** After this many receives a message is our bug and goes to the dead-letter queue. */
const MAXIMUM_RECEIVES = 5
const VISIBILITY_SECONDS = 180

/** A standard queue with its dead-letter queue: encrypted, TLS only. Fair by the MessageGroupId that senders set. */
export class GuardedQueue extends Construct {
  readonly queue: Queue
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, input: { name: string }) {
    super(scope, id)
    this.deadLetters = new Queue(this, 'DeadLetters', {
      queueName: `${input.name}-dlq`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    this.queue = new Queue(this, 'Queue', {
      queueName: input.name,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      visibilityTimeout: Duration.seconds(VISIBILITY_SECONDS),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAXIMUM_RECEIVES },
    })
  }
}
