import * as z from 'zod'
import { emptyBody, idParameter, isoTime } from './common.ts'
import type { Operation } from './operation.ts'
import { sessionParams } from './sessions.ts'
import { testReceiveBody } from './test-receive.ts'

const phoneSchema = z.string().min(1).max(40).meta({ example: '+5511988887777' })
const common = {
  function: 'api-test',
  tag: 'test mode',
  auth: 'tenant',
  testModeOnly: true,
  sessionKeys: true,
  notFound: 'No session with this id.',
} as const
const faults = [
  'not_found',
  'wrong_mode',
  'simulator_control_unavailable',
  'simulator_unreachable',
  'simulator_refused',
] as const
const acts = {
  ...common,
  method: 'POST',
  scopes: ['sessions:manage'],
  idempotent: 'answerRow',
  params: sessionParams,
  body: emptyBody,
  responses: { 202: z.object({ status: z.literal('accepted') }).meta({ id: 'TestAction' }) },
} as const

export const testModeOperations = {
  testScan: {
    ...acts,
    path: '/v1/test/sessions/{sessionId}/scan',
    summary: 'The simulated phone scans the QR on show (or types the pairing code)',
    body: z.strictObject({ phone: phoneSchema, name: z.string().min(1).max(100).optional() }),
    faults: [...faults, 'session_state_conflict', 'session_already_linked'],
  },
  testReceive: {
    ...acts,
    path: '/v1/test/sessions/{sessionId}/receive',
    summary: 'A simulated contact writes to the session',
    description:
      'A text, a file, anything that the session can receive; what it is about names messages by their ids here.',
    body: testReceiveBody,
    responses: {
      202: z.object({ status: z.literal('accepted'), whatsappId: z.string().nullable() }).meta({ id: 'TestReceive' }),
    },
    faults: [...faults, 'session_not_linked', 'message_not_found'],
  },
  testDrop: {
    ...acts,
    path: '/v1/test/sessions/{sessionId}/drop',
    summary: 'The server drops the connection of the session',
    faults: [...faults, 'session_not_linked'],
  },
  testPhoneOffline: {
    ...acts,
    path: '/v1/test/sessions/{sessionId}/phone-offline',
    summary: 'The simulated phone goes offline',
    faults: [...faults, 'session_not_linked'],
  },
  testPhoneOnline: {
    ...acts,
    path: '/v1/test/sessions/{sessionId}/phone-online',
    summary: 'The simulated phone comes back',
    faults: [...faults, 'session_not_linked'],
  },
  testLogout: {
    ...acts,
    path: '/v1/test/sessions/{sessionId}/logout',
    summary: 'The user removes the linked device on the simulated phone',
    faults: [...faults, 'session_not_linked'],
  },
  testRead: {
    ...acts,
    path: '/v1/test/sessions/{sessionId}/read',
    summary: 'A simulated contact reads a message of the session',
    body: z.strictObject({ contact: phoneSchema, messageId: idParameter('msg') }),
    faults: [...faults, 'session_not_linked'],
  },
  testListContactMessages: {
    ...common,
    method: 'GET',
    path: '/v1/test/sessions/{sessionId}/contacts/{phone}/messages',
    summary: 'What a simulated contact decrypted, in order, never de-duplicated',
    scopes: ['messages:read'],
    idempotent: 'natural',
    params: sessionParams.extend({ phone: phoneSchema }),
    responses: {
      200: z.object({
        data: z.array(
          z.object({
            whatsappId: z.string(),
            text: z.string().nullable(),
            type: z.string(),
            receivedAt: isoTime.nullable(),
          }),
        ),
      }),
    },
    faults,
  },
} as const satisfies Record<string, Operation>
