import { EventBus, EventField, Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import type { Construct } from 'constructs'
import { EVENT_SOURCE } from '../../shared/events/event-sink.ts'
import { AppFunction, type Environment } from '../constructs/app-function.ts'
import { type Cell, CellStack } from '../constructs/cell.ts'
import { everyMinute } from '../constructs/every-minute.ts'
import { GuardedQueue } from '../constructs/guarded-queue.ts'
import { MEDIA_OBJECTS_REASON, mediaObjects, mediaObjectsFinding } from '../constructs/media-permissions.ts'
import {
  allow,
  dataKeyThroughServices,
  keepOutOfIdentities,
  tableAccess,
  tenantDataKeys,
} from '../constructs/permissions.ts'
import type { DataStack } from './data-stack.ts'

const BATCH_SIZE = 10

/** From an event row to the customer: bus → fan-out → deliver, and the sweeper that finds what a hint lost. */
export class EventsStack extends CellStack {
  readonly bus: EventBus
  readonly fanOut: GuardedQueue
  readonly deliver: GuardedQueue
  readonly ruleName: string
  readonly functions: readonly AppFunction[]

  constructor(scope: Construct, cell: Cell, data: DataStack) {
    super(scope, cell, 'events')
    this.bus = new EventBus(this, 'Bus', { eventBusName: cell.prefix })
    this.fanOut = new GuardedQueue(this, 'FanOut', { name: `${cell.prefix}-fanout` })
    this.deliver = new GuardedQueue(this, 'Deliver', { name: `${cell.prefix}-deliver` })
    // By name: the reference to a rule of another bus is bus|rule, which is no dimension of a metric.
    this.ruleName = `${cell.prefix}-to-fanout`
    new Rule(this, 'EventsToFanOut', {
      ruleName: this.ruleName,
      description: 'Every event of the platform goes to the webhook fan-out',
      eventBus: this.bus,
      eventPattern: { source: [EVENT_SOURCE] },
      targets: [
        new SqsQueue(this.fanOut.queue, {
          // Fair queue: one noisy tenant does not hold back the others.
          messageGroupId: EventField.fromPath('$.detail.tenantId'),
          deadLetterQueue: this.fanOut.deadLetters,
        }),
      ],
    })
    const environment: Environment = {
      coreTable: data.tables.core.tableName,
      messagesTable: data.tables.messages.tableName,
      usageTable: data.tables.usage.tableName,
      ephemeralTable: data.tables.ephemeral.tableName,
      kmsKeyId: data.key.keyArn,
      eventBus: this.bus.eventBusName,
      deliverQueueUrl: this.deliver.queue.queueUrl,
      docsBaseUrl: cell.config.docsBaseUrl,
    }
    this.functions = [
      this.#makeFanOut(data, environment),
      this.#makeDeliver(data, environment),
      this.#makeSweeper(data, environment),
    ]
  }

  #makeFanOut(data: DataStack, environment: Environment): AppFunction {
    const fanOut = new AppFunction(this, {
      cell: this.cell,
      name: 'webhook-fanout',
      memoryMiB: 256,
      timeoutSeconds: 30,
      environment,
      permissions: [
        // Write: the tenant's data key is made at its first use. Contents are opened for endpoints that filter by chat.
        tableAccess(data.tables.core, 'readWrite'),
        ...keepOutOfIdentities(data.tables.core),
        tableAccess(data.tables.messages, 'readWrite'),
        dataKeyThroughServices(this, data.key),
        tenantDataKeys(data.key),
        allow(['sqs:SendMessage'], this.deliver.queue.queueArn),
      ],
    })
    fanOut.function.addEventSource(
      new SqsEventSource(this.fanOut.queue, {
        batchSize: BATCH_SIZE,
        reportBatchItemFailures: true,
        maxConcurrency: 20,
      }),
    )
    return fanOut
  }

  /** Outside any VPC and with a role of its own: it talks to addresses that customers chose. */
  #makeDeliver(data: DataStack, environment: Environment): AppFunction {
    const { egress } = this.cell.config
    const deliver = new AppFunction(this, {
      cell: this.cell,
      name: 'webhook-deliver',
      memoryMiB: 512,
      timeoutSeconds: 30,
      environment: {
        ...environment,
        egressAllowCidrs: egress.allowCidrs.join(','),
        egressAllowHttp: egress.allowHttp ? 'true' : '',
      },
      permissions: [
        // list1: sessions and the ledger, for replays; system: held deliveries of an endpoint.
        tableAccess(data.tables.core, 'readWrite', ['list1']),
        ...keepOutOfIdentities(data.tables.core),
        tableAccess(data.tables.messages, 'readWrite', ['system', 'list1']),
        // Attempts are counted.
        tableAccess(data.tables.usage, 'readWrite'),
        dataKeyThroughServices(this, data.key),
        tenantDataKeys(data.key),
        allow(['sqs:SendMessage'], this.deliver.queue.queueArn),
        allow(['events:PutEvents'], this.bus.eventBusArn),
      ],
    })
    deliver.function.addEventSource(
      new SqsEventSource(this.deliver.queue, {
        batchSize: BATCH_SIZE,
        reportBatchItemFailures: true,
        maxConcurrency: 100,
      }),
    )
    return deliver
  }

  #makeSweeper(data: DataStack, environment: Environment): AppFunction {
    const sweeper = new AppFunction(this, {
      cell: this.cell,
      name: 'sweeper',
      memoryMiB: 256,
      timeoutSeconds: 55,
      environment: { ...environment, mediaBucket: data.mediaBucket.bucketName },
      permissions: [
        // Leases are unsettled, rows of deleted sessions go; messages of a session are found by its list.
        tableAccess(data.tables.core, 'readWrite', ['system']),
        ...keepOutOfIdentities(data.tables.core),
        tableAccess(data.tables.messages, 'readWrite', ['system', 'list1']),
        // Usage of a deleted session is counted before its rows go.
        tableAccess(data.tables.usage, 'readWrite'),
        dataKeyThroughServices(this, data.key),
        tenantDataKeys(data.key),
        allow(['sqs:SendMessage'], this.deliver.queue.queueArn),
        allow(['events:PutEvents'], this.bus.eventBusArn),
        // Files of deleted tenants and sessions.
        mediaObjects(data, ['s3:DeleteObject']),
        allow(['s3:ListBucket'], data.mediaBucket.bucketArn),
      ],
      acknowledged: { [mediaObjectsFinding(this.cell)]: MEDIA_OBJECTS_REASON },
    })
    everyMinute(this, 'SweepEveryMinute', sweeper.function)
    return sweeper
  }
}
