import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { EventType } from '../../shared/contract/event-types.ts'
import { EVENT_SOURCE } from '../../shared/events/event-sink.ts'
import type { EventsStack } from '../stacks/events-stack.ts'
import type { CellStack } from './cell.ts'

/** What a tenant cannot hear by the endpoint that it is about. */
const NOTICES: readonly EventType[] = ['endpoint.disabled', 'endpoint.recovered', 'delivery.exhausted']

/** Mails for people about customers' endpoints. Not alarms: nothing of the platform is wrong. */
export const addNotices = (stack: CellStack, { bus }: EventsStack, emails: readonly string[]): void => {
  const topic = new Topic(stack, 'Notices', { topicName: `${stack.cell.prefix}-notices`, enforceSSL: true })
  for (const email of emails) topic.addSubscription(new EmailSubscription(email))
  const [type, tenant, mode, event] = ['type', 'tenantId', 'mode', 'eventId'].map((field) =>
    EventField.fromPath(`$.detail.${field}`),
  )
  new Rule(stack, 'EventsToNotices', {
    description: 'Endpoints that were disabled or recovered and deliveries that were given up, by mail',
    eventBus: bus,
    eventPattern: { source: [EVENT_SOURCE], detailType: [...NOTICES] },
    targets: [
      new SnsTopic(topic, {
        message: RuleTargetInput.fromText(
          `${type} of ${tenant} (${mode}). Read it: GET /v1/events/${event} with a key of the tenant.`,
        ),
      }),
    ],
  })
}
