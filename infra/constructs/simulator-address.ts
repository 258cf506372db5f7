import type { Cell } from './cell.ts'

export const SIMULATOR_NAME = 'simulator'
export const SOCKET_PORT = 8080
export const CONTROL_PORT = 8081

/** A name that resolves inside the network alone. */
export const simulatorZone = (cell: Cell): string => `${cell.prefix}.internal`

/** Defaults of the parameters WaTestUrl and WaTestControlUrl when the stack has a simulator of its own. */
export const simulatorAddresses = (cell: Cell): { WaTestUrl?: string; WaTestControlUrl?: string } => {
  if (!cell.config.simulator) return {}
  const host = `${SIMULATOR_NAME}.${simulatorZone(cell)}`
  return { WaTestUrl: `ws://${host}:${SOCKET_PORT}/ws/chat`, WaTestControlUrl: `http://${host}:${CONTROL_PORT}` }
}
