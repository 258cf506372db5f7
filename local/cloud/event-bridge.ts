import { randomUUID } from 'node:crypto'
import { AwsError, type AwsJsonService, unknownAction } from './aws-json.ts'
import { matchesPattern } from './event-pattern.ts'
import { type CloudLog, silent } from './log.ts'

export interface BusEvent {
  readonly version: '0'
  readonly id: string
  readonly source: string
  readonly 'detail-type': string
  readonly account: string
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: unknown
}

export interface RuleTarget {
  readonly id: string
  deliver(event: BusEvent): Promise<void>
  /** after the last try */
  deadLetter?(event: BusEvent): Promise<void>
}

export interface Rule {
  readonly name: string
  readonly busName: string
  readonly pattern: object
  readonly targets: readonly RuleTarget[]
}

export interface EventBridge extends AwsJsonService {
  addRule(rule: Rule): void
  /** an event of AWS itself (e.g. ECS) on the default bus */
  emit(busName: string, event: Pick<BusEvent, 'source' | 'detail-type' | 'detail'>): void
}

const ENTRIES_PER_CALL = 10
const BYTES_PER_CALL = 1024 * 1024
const TRIES = 5
const RETRY_BASE_MS = 100

export const makeEventBridge = (log: CloudLog = silent): EventBridge => {
  const rules: Rule[] = []
  const deliver = async (target: RuleTarget, event: BusEvent): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await target.deliver(event)
      } catch (error) {
        log(`events: target ${target.id} failed (try ${attempt} of ${TRIES}): ${String(error)}`)
        if (attempt >= TRIES) return target.deadLetter?.(event)
        await new Promise((resolve) => setTimeout(resolve, RETRY_BASE_MS * 2 ** attempt))
      }
    }
  }
  const put = (busName: string, event: BusEvent): void => {
    for (const rule of rules)
      if (rule.busName === busName && matchesPattern(rule.pattern, event))
        for (const target of rule.targets)
          deliver(target, event).catch((error) => log(`events: dead letter of ${target.id} failed: ${String(error)}`))
  }
  const makeEvent = (fields: Pick<BusEvent, 'source' | 'detail-type' | 'detail'>): BusEvent => ({
    version: '0',
    id: randomUUID(),
    account: '000000000000',
    time: new Date().toISOString(),
    region: 'us-east-1',
    resources: [],
    ...fields,
  })
  return {
    targetPrefix: 'AWSEvents',
    addRule: (rule) => void rules.push(rule),
    emit: (busName, event) => put(busName, makeEvent(event)),
    handle: async (action, input) => {
      if (action !== 'PutEvents') return unknownAction('EventBridge', action)
      const entries: any[] = input.Entries ?? []
      if (entries.length === 0 || entries.length > ENTRIES_PER_CALL)
        throw new AwsError(
          'ValidationException',
          `PutEvents takes 1 to ${ENTRIES_PER_CALL} entries, not ${entries.length}`,
        )
      if (Buffer.byteLength(JSON.stringify(entries)) > BYTES_PER_CALL)
        throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.')
      const results = entries.map((entry) => {
        const detail = parseObject(entry.Detail)
        if (!entry.Source || !entry.DetailType || detail === null)
          return {
            ErrorCode: 'MalformedDetail',
            ErrorMessage: 'Source, DetailType and a JSON object as Detail are required.',
          }
        const event = makeEvent({ source: entry.Source, 'detail-type': entry.DetailType, detail })
        put(busNameOf(entry.EventBusName), event)
        return { EventId: event.id }
      })
      return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results }
    },
  }
}

export const busNameOf = (nameOrArn: string | undefined): string =>
  (nameOrArn ?? 'default').replace(/^arn:.*event-bus\//, '')

const parseObject = (text: unknown): object | null => {
  try {
    const value = JSON.parse(String(text))
    return value !== null && typeof value === 'object' ? value : null
  } catch {
    return null // reported to the caller as MalformedDetail
  }
}
