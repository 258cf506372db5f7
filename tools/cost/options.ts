import { parseArgs } from 'node:util'
import * as z from 'zod'
import type { CostInput } from './estimate.ts'

const number = z.coerce.number({ error: 'has to be a number' })
const positive = number.nonnegative().finite()
const optionsSchema = z.object({
  sessions: positive,
  'messages-per-day': positive,
  'outbound-share': number.min(0).max(1).default(0.4),
  'webhooks-per-message': positive.default(1),
  'sessions-per-worker': number.positive().default(200),
  'worker-vcpu': number.positive().default(1),
  'worker-gb': number.positive().default(4),
  headroom: positive.default(0.15),
  'retention-days': positive.default(30),
})

export const USAGE = `npm run cost -- --sessions 10000 --messages-per-day 1e6 [options]
  --outbound-share 0.4        share of messages that you send
  --webhooks-per-message 1    deliveries per message
  --sessions-per-worker 200   what \`npm run bench\` measures for your sessions
  --worker-vcpu 1 --worker-gb 4
  --headroom 0.15 --retention-days 30
  --curve                     cost per session from 100 to 1,000,000 sessions at the same messages per session`

/** @returns null: only the usage is asked for. @throws with a readable list of what is wrong */
export const readOptions = (args: readonly string[]): { input: CostInput; curve: boolean } | null => {
  const names = Object.keys(optionsSchema.shape)
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
      curve: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return null
  const parsed = optionsSchema.safeParse(values)
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error))
  const options = parsed.data
  return {
    curve: values.curve === true,
    input: {
      sessions: options.sessions,
      messagesPerDay: options['messages-per-day'],
      outboundShare: options['outbound-share'],
      webhooksPerMessage: options['webhooks-per-message'],
      sessionsPerWorker: options['sessions-per-worker'],
      workerVcpu: options['worker-vcpu'],
      workerGb: options['worker-gb'],
      headroom: options.headroom,
      retentionDays: options['retention-days'],
    },
  }
}
