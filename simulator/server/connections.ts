import type { Connection } from './connection.ts'

/** Who is connected right now. Nothing here is durable: a restarted server knows no connection. */
export class Connections {
  readonly all = new Set<Connection>()
  readonly #byDevice = new Map<number, Connection>()

  add(connection: Connection): void {
    this.all.add(connection)
    connection.onClose(() => {
      this.all.delete(connection)
      const id = connection.device?.id
      if (id !== undefined && this.#byDevice.get(id) === connection) this.#byDevice.delete(id)
    })
  }

  /** Makes this connection the device's only one; returns the one it replaces. */
  register(connection: Connection, deviceId: number): Connection | undefined {
    const previous = this.#byDevice.get(deviceId)
    this.#byDevice.set(deviceId, connection)
    return previous === connection ? undefined : previous
  }

  ofDevice(deviceId: number): Connection | undefined {
    return this.#byDevice.get(deviceId)
  }

  loggedIn(): Connection[] {
    return [...this.#byDevice.values()]
  }
}
