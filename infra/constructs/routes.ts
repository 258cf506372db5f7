import type { Operation } from '../../shared/contract/operation.ts'
import { operations } from '../../shared/contract/operations.ts'

export type Route = Pick<Operation, 'method' | 'path' | 'function'>

/** One route per operation of the contract, in an order that does not depend on how the map was written down. */
export const ROUTES: readonly Route[] = Object.values<Operation>(operations)
  .map(({ method, path, function: name }) => ({ method, path, function: name }))
  .sort((a, b) => (`${a.path} ${a.method}` < `${b.path} ${b.method}` ? -1 : 1))
