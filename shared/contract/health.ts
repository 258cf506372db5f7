import * as z from 'zod'
import type { Operation } from './operation.ts'

export const healthOperations = {
  getHealth: {
    method: 'GET',
    path: '/v1/health',
    function: 'api-control',
    summary: 'Is the API up?',
    tag: 'health',
    auth: 'none',
    scopes: [],
    idempotent: 'natural',
    responses: {
      200: z.object({ status: z.literal('ok'), version: z.string().meta({ example: '0.1.0' }) }).meta({ id: 'Health' }),
    },
    faults: [],
  },
} as const satisfies Record<string, Operation>
