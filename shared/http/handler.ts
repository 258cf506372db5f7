import type * as z from 'zod'
import type { Operation } from '../contract/operation.ts'
import type { OperationName, Operations } from '../contract/operations.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import type { Cursors } from './cursor.ts'
import type { AdminPrincipal, TenantPrincipal } from './principal.ts'

/** What the audit entry says beyond what the kernel knows. */
export interface AuditFields {
  /** default: the innermost id of the path, else the id of the answer */
  resourceId?: string
  /** what the API showed of the resource before the change; only its digest is kept */
  before?: unknown
  /** default: the body of the answer */
  after?: unknown
}

/** What every handler gets beside its validated input. */
export interface BaseContext {
  readonly requestId: string
  /** epoch milliseconds at which the request came in */
  readonly now: number
  readonly operationName: string
  readonly operation: Operation
  readonly idempotencyKey: string | null
  header(name: string): string | null
  /** adds fields (ids, never content) to the request's one log line */
  note(fields: Readonly<Record<string, string | number | boolean | null>>): void
  /** adds to the audit entry of this request; nothing for operations that are not audited */
  audit(fields: AuditFields): void
}

export interface TenantContext extends BaseContext {
  readonly principal: TenantPrincipal
  readonly scope: TenantScope
  readonly cursors: Cursors
}

export interface AdminContext extends BaseContext {
  readonly principal: AdminPrincipal
  readonly cursors: Cursors
}

/**
 * An answer that is not JSON. Text goes as text: the gateway decodes base64 only for the content types that are listed as
 * binary (PNG), a base64 SVG would reach the client undecoded.
 */
export interface RawContent {
  readonly contentType: string
  readonly content: Uint8Array | string
}

export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly raw?: RawContent
  readonly headers?: Readonly<Record<string, string>>
}

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined

export interface InputOf<O extends Operation> {
  readonly params: Parsed<O['params']>
  readonly query: Parsed<O['query']>
  readonly body: Parsed<O['body']>
}

export type ContextOf<O extends Operation> = O['auth'] extends 'tenant'
  ? TenantContext
  : O['auth'] extends 'admin'
    ? AdminContext
    : BaseContext

/** One of the declared statuses with a body of its schema. */
export type AnswerOf<O extends Operation> =
  | {
      [Status in keyof O['responses'] & number]: {
        readonly status: Status
        readonly body: O['responses'][Status] extends z.ZodType ? z.input<O['responses'][Status]> : null
        readonly headers?: Readonly<Record<string, string>>
      }
    }[keyof O['responses'] & number]
  | (O['produces'] extends readonly string[]
      ? {
          readonly status: 200
          readonly body: null
          readonly raw: RawContent
          readonly headers?: Readonly<Record<string, string>>
        }
      : never)

/** A handler of an operation of the contract. Nobody parses an event by hand. */
export type Handler<Name extends OperationName> = (
  input: InputOf<Operations[Name]>,
  context: ContextOf<Operations[Name]>,
) => Promise<AnswerOf<Operations[Name]>>

type OperationsOf<Function extends string> = {
  [Name in OperationName as Operations[Name]['function'] extends Function ? Name : never]: Operations[Name]
}

/** Exactly the handlers that a function must bring: one missing does not compile. */
export type HandlersOf<Function extends string> = {
  readonly [Name in keyof OperationsOf<Function> & OperationName]: Handler<Name>
}
