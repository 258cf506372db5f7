import * as z from 'zod'
import { INBOUND_KINDS } from '../core/inbound-filter.ts'
import { PACING_POLICIES } from '../core/pacing.ts'
import { isTimeOfDay, isTimeZone } from '../core/pacing-setting.ts'
import { READ_RECEIPTS } from '../core/read-receipts.ts'

const READ_RECEIPTS_TEXT =
  'manual: when you ask for it (POST /v1/messages/{id}/read); onReceive: as soon as a message came in; never: not even when you ask'

const timeOfDay = z.string().refine(isTimeOfDay, 'Not a time of day, HH:MM').meta({ example: '22:00' })

const pacingSchema = z
  .object({
    policy: z.enum(PACING_POLICIES).meta({ description: 'How fast messages leave; docs/pacing.md has the numbers' }),
    quietHours: z
      .object({ from: z.string(), to: z.string(), timeZone: z.string().meta({ example: 'America/Sao_Paulo' }) })
      .nullable(),
    typing: z.boolean().meta({ description: 'Show typing before a text, recording before a voice note: 1 to 6 s' }),
  })
  .meta({ id: 'Pacing' })

const pacingInput = z.strictObject({
  policy: z.enum(PACING_POLICIES).meta({ example: 'human' }),
  quietHours: z
    .strictObject({
      from: timeOfDay,
      to: timeOfDay,
      timeZone: z.string().max(60).refine(isTimeZone, 'Not an IANA time zone').meta({ example: 'America/Sao_Paulo' }),
    })
    .nullable()
    .default(null),
  typing: z.boolean().default(false),
})

const autoReject = z.boolean().meta({ description: 'Reject calls at once; call.received is told all the same' })
const callsSchema = z.object({ autoReject }).meta({ id: 'CallSettings' })
const callsInput = z.strictObject({ autoReject })

const INBOUND_TEXT =
  'Messages that come in and are left alone: no message, no event, no file. They do not come later either (docs/inbound.md)'
const ignored = z.array(z.enum(INBOUND_KINDS))
const inboundSchema = z.object({ ignore: ignored }).meta({ id: 'InboundSettings' })
const inboundInput = z.strictObject({
  ignore: ignored.max(10).meta({
    description: 'groups: what comes in groups; statuses: what contacts post',
    example: ['groups', 'statuses'],
  }),
})

const PROXY_TEXT =
  'HTTP proxy of its own, for its connection and its files: it wins over those of the deployment. null: none (docs/proxy.md)'
const proxySchema = z
  .object({
    url: z.string().meta({ description: 'Without its credentials', example: 'http://***@proxy.example.com:3128' }),
  })
  .meta({ id: 'Proxy' })
const proxyInput = z
  .strictObject({
    url: z.string().max(2_000).meta({ format: 'uri', example: 'http://user:password@proxy.example.com:3128' }),
  })
  .nullable()

/** What of a session its tenant sets, as answers show it. */
export const sessionSettings = {
  pacing: pacingSchema,
  calls: callsSchema,
  inbound: inboundSchema.meta({ description: INBOUND_TEXT }),
  proxy: proxySchema.nullable().meta({ description: PROXY_TEXT }),
  readReceipts: z.enum(READ_RECEIPTS).meta({ description: READ_RECEIPTS_TEXT }),
}

/** The same in a request: what is not given stays as it is, or is the default of a new session. */
export const sessionSettingsInput = {
  pacing: pacingInput.optional(),
  calls: callsInput.optional(),
  inbound: inboundInput.optional().meta({ description: INBOUND_TEXT }),
  proxy: proxyInput.optional().meta({ description: PROXY_TEXT }),
  readReceipts: z.enum(READ_RECEIPTS).optional().meta({ description: READ_RECEIPTS_TEXT }),
}
