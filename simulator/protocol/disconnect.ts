import type { Connection } from '../server/connection.ts'
import type { Fault } from '../store/faults.ts'
import { element } from '../wire/stanza.ts'

/** Ends (or freezes) a connection the way the fault says. */
export function strikeConnection(connection: Connection, { kind, options }: Pick<Fault, 'kind' | 'options'>): void {
  if (kind === 'halfOpen') connection.freeze()
  else if (kind === 'streamError') endWithStreamError(connection, options.code ?? 500)
  else {
    if (options.mode === 'xmlstreamend') connection.send(element('xmlstreamend'))
    connection.end(options.mode === 'reset' || options.mode === undefined ? 'reset' : 'close')
  }
}

/** `<stream:error>` in the shape each code has: 401 device_removed and 440 replaced carry a `<conflict>`. */
export function endWithStreamError(connection: Connection, code: number): void {
  if (code === 401)
    connection.send(element('stream:error', { code: '401' }, [element('conflict', { type: 'device_removed' })]))
  else if (code === 440) connection.send(element('stream:error', {}, [element('conflict', { type: 'replaced' })]))
  else connection.send(element('stream:error', { code: String(code) }))
  connection.end()
}
