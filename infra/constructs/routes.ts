import type { Operation } from '../../shared/contract/operation.ts'
import { operations } from '../../shared/contract/operations.ts'

export type Route = Pick<Operation, 'method' | 'path' | 'function'>

/** One route per operation of the contract. */
export const ROUTES: readonly Route[] = Object.values(operations)
