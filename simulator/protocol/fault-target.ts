import type { Connection } from '../server/connection.ts'
import type { FaultTarget } from '../store/faults.ts'

/** Whom faults have to name to strike this connection. */
export function targetOf(connection: Connection): FaultTarget {
  const { namespace, namespaceHint, device } = connection
  const known = namespace ?? namespaceHint ?? 'default'
  return { namespace: known, ...(device ? { phone: device.phone, device: device.device } : {}) }
}
