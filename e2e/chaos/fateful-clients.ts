import { isTombstone, parseHead } from '../../session-task/auth-log/head.ts'
import { makeLogS3Client } from '../../session-task/auth-log/s3-log-device.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { makeDocumentClient } from '../../shared/store/table.ts'
import { openTables } from '../../shared/store/tables.ts'
import type { Fate } from './fate.ts'
import type { CallName } from './race-points.ts'

type Input = Readonly<Record<string, unknown>>

/** What only somebody who stands at the calls can know. */
export interface Witness {
  /** when a slot's content was known to be on the device by whoever put it: the earliest moment its frames may leave */
  readonly durableAt: Map<string, number>
  /** every key that some HEAD of a session named, by HEAD and epoch: a snapshot forgets those it does not need */
  readonly wrappedKeys: Map<string, Record<string, string>>
  /** event ids that the bus took */
  readonly published: Set<string>
  /** answers 412: the slot or HEAD was somebody else's, or had our own bytes already */
  conflicts: number
}

export const newWitness = (): Witness => ({
  durableAt: new Map(),
  wrappedKeys: new Map(),
  published: new Set(),
  conflicts: 0,
})

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : String((value as { S?: string } | undefined)?.S ?? '')

const sortKeyOf = (input: Input): string => textOf(((input.Key ?? input.Item) as Input | undefined)?.sk)

/** Names a call by what it does for the protocol. */
const nameCall = (command: string, input: Input): CallName => {
  const key = String(input.Key ?? '')
  if (command === 'PutObjectCommand') {
    if (key.startsWith('wal/')) return 'segment'
    if (key.startsWith('snap/')) return 'snapshot'
    return 'head'
  }
  if (command === 'GetObjectCommand') return key.startsWith('head/') ? 'headRead' : 'other'
  if (/^(Transact|Transaction)/.test(command)) {
    const legs = (input.TransactItems ?? []) as readonly Readonly<Record<string, Input>>[]
    const keys = legs.flatMap((leg) => Object.values(leg).map(sortKeyOf))
    return keys.includes('LEASE') ? 'lease' : 'message'
  }
  const partition = textOf(((input.Key ?? input.Item) as Input | undefined)?.pk)
  if (command.startsWith('Update')) {
    if (String(input.UpdateExpression).includes('#claimToken = :token')) return 'claim'
    if (partition.startsWith('W#')) return 'heartbeat'
    return 'message'
  }
  if (command.startsWith('Put')) return /^\d{12}$/.test(sortKeyOf(input)) ? 'event' : 'message'
  return 'other'
}

const noteKeys = ({ wrappedKeys }: Witness, key: string, body: Uint8Array): void => {
  const head = parseHead(body)
  if (!isTombstone(head)) wrappedKeys.set(key, { ...wrappedKeys.get(key), ...head.wrappedKeys })
}

const makeFateMiddleware =
  (fate: Fate, witness: Witness) =>
  // The SDK's middleware types differ per client; this one looks at nothing but the input.
  (next: (args: any) => Promise<any>, context: { commandName?: string }) =>
  async (args: { input: Input }) => {
    const name = nameCall(context.commandName ?? '', args.input)
    await fate.at(`${name}.before`)
    const fault = fate.faultOf(name)
    if (fault?.kind === 'before') throw fault.error
    if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms))
    await fate.at('other.before')
    const key = String(args.input.Key)
    const note = () => {
      if (name === 'segment' && !witness.durableAt.has(key)) witness.durableAt.set(key, Date.now())
    }
    try {
      const result = await next(args)
      note()
      if (name === 'head') noteKeys(witness, key, args.input.Body as Uint8Array)
      await fate.at(`${name}.after`)
      if (fault?.kind === 'after') throw fault.error
      return result
    } catch (error) {
      if ((error as Error).name === 'PreconditionFailed') {
        note()
        witness.conflicts++
      }
      await fate.at('other.after')
      throw error
    }
  }

/** Every call of the client stops, fails or is slow as the fate says. */
export const obeyFate = (client: object, fate: Fate, witness: Witness): void => {
  const { middlewareStack } = client as { middlewareStack: { add(middleware: unknown, options: object): void } }
  middlewareStack.add(makeFateMiddleware(fate, witness), { step: 'initialize', priority: 'high', name: 'fate' })
}

/** AWS clients of one worker whose calls stop when its fate says so. */
export const makeFatefulClients = (fate: Fate, witness: Witness) => {
  const documents = makeDocumentClient()
  const logClient = makeLogS3Client()
  const sqs = makeSQSClient()
  for (const client of [documents, logClient]) obeyFate(client, fate, witness)
  return {
    tables: openTables(documents),
    logClient,
    sqs,
    destroy: () => {
      documents.destroy()
      logClient.destroy()
      sqs.destroy()
    },
  }
}
