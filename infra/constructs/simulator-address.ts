import type { Cell } from './cell.ts'

export const SIMULATOR_NAME = 'simulator'
export const SOCKET_PORT = 8080
export const CONTROL_PORT = 8081
export const MEDIA_PORT = 8443

/** A name that resolves inside the network alone. */
export const simulatorZone = (cell: Cell): string => `${cell.prefix}.internal`

/** The worker trusts files from the host of its socket's address, and from no other. */
export const simulatorHost = (cell: Cell): string => `${SIMULATOR_NAME}.${simulatorZone(cell)}`

/** Where test mode leads when the stack has a simulator of its own, by the names of the parameters otherwise. */
export const simulatorAddresses = (cell: Cell): Readonly<Record<string, string>> => {
  if (!cell.config.simulator) return {}
  const host = simulatorHost(cell)
  return { WaTestUrl: `ws://${host}:${SOCKET_PORT}/ws/chat`, WaTestControlUrl: `http://${host}:${CONTROL_PORT}` }
}
