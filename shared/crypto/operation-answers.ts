import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { TenantScope } from '../core/tenant-scope.ts'
import { operationInputPlace, operationResultPlace } from '../store/places.ts'
import type { Sealed } from '../store/rows/fields.ts'
import type { TenantKeys } from './tenant-keys.ts'

/** What was asked and what came of it, as they lie on an OPERATION row. A group of 1,024 is small when deflated. */
export const sealInput = (tenantKeys: TenantKeys, scope: TenantScope, operationId: string, input: unknown) =>
  sealDeflated(tenantKeys, scope, operationInputPlace(operationId), input)

export const openInput = (tenantKeys: TenantKeys, scope: TenantScope, operationId: string, sealed: Sealed) =>
  openDeflated(tenantKeys, scope, operationInputPlace(operationId), sealed)

export const sealResult = (tenantKeys: TenantKeys, scope: TenantScope, operationId: string, result: unknown) =>
  sealDeflated(tenantKeys, scope, operationResultPlace(operationId), result)

export const openResult = (tenantKeys: TenantKeys, scope: TenantScope, operationId: string, sealed: Sealed) =>
  openDeflated(tenantKeys, scope, operationResultPlace(operationId), sealed)

const sealDeflated = (keys: TenantKeys, scope: TenantScope, place: string, value: unknown): Promise<Sealed> =>
  keys.sealRaw(scope, place, deflateRawSync(JSON.stringify(value)))

const openDeflated = async (keys: TenantKeys, scope: TenantScope, place: string, sealed: Sealed): Promise<unknown> =>
  JSON.parse(inflateRawSync(await keys.openRaw(scope, place, sealed)).toString())
