import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startControlServer } from './control/http-server.ts'
import { drainPhone } from './phones/incoming.ts'
import { startMediaServer } from './server/media-server.ts'
import { startSocketServer } from './server/socket-server.ts'
import { silenceLibsignal } from './wire/silence.ts'
import { openWorld } from './world.ts'

export type SimulatorOptions = {
  /** WebSocket port; 0 or absent: a free one. */
  port?: number
  controlPort?: number
  mediaPort?: number
  /** Folder for the SQLite file; without it everything is in memory. */
  dataDir?: string
  /** Interface of the WebSocket and the control API, and of the media host when it has a name. */
  host?: string
  /** Name by which clients reach the media host; without one it stays on 127.0.0.1. */
  mediaName?: string
  /** Private key of the certificate root, 32 bytes: for a server that keeps no data and is trusted all the same. */
  rootKey?: Buffer
}

export type Simulator = {
  controlUrl: string
  socketUrl: string
  trustRootHex: string
  /** Base address of the https host for encrypted files. */
  mediaUrl: string
  /** The CA certificate a client has to trust (NODE_EXTRA_CA_CERTS) to reach it. */
  mediaCaPem: string
  stop(): Promise<void>
}

const DATA_FILE = 'simulator.sqlite'
const MEDIA_CA_FILE = 'media-ca.pem'

/** Starts a simulator in this process. Rejects if a port is taken or the data folder cannot be used. */
export async function startSimulator({
  port = 0,
  controlPort = 0,
  mediaPort = 0,
  dataDir,
  host,
  mediaName,
  rootKey,
}: SimulatorOptions = {}): Promise<Simulator> {
  silenceLibsignal()
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true })
  const world = openWorld(dataDir === undefined ? ':memory:' : join(dataDir, DATA_FILE), rootKey)
  const sockets = await startSocketServer(world, port, host)
  const control = await startControlServer(world, controlPort, host).catch(async (error: unknown) => {
    await sockets.stop()
    throw error
  })
  const media = await startMediaServer(world, mediaPort, mediaName ? { host, name: mediaName } : undefined).catch(
    async (error: unknown) => {
      await control.stop()
      await sockets.stop()
      throw error
    },
  )
  world.mediaHost = media.host
  const mediaCaPem = world.mediaAuthority.certificatePem
  if (dataDir !== undefined) writeFileSync(join(dataDir, MEDIA_CA_FILE), mediaCaPem)
  // What a killed predecessor had accepted but its phones had not read yet.
  const waiting = world.database.all<{ phoneId: number }>('SELECT DISTINCT phoneId FROM phone_queue')
  for (const { phoneId } of waiting) drainPhone(world, phoneId)
  return {
    controlUrl: control.url,
    socketUrl: sockets.url,
    trustRootHex: world.identity.trustRoot.toString('hex'),
    mediaUrl: `https://${media.host}`,
    mediaCaPem,
    stop: async () => {
      await control.stop()
      await sockets.stop()
      await media.stop()
      await world.phoneLock.idle()
      world.database.close()
    },
  }
}
