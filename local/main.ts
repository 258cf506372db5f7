import { fileURLToPath } from 'node:url'
import { bootstrap } from './bootstrap.ts'
import { readStartOptions, type StartOptions, USAGE } from './cli/options.ts'
import { assertPortFree, assertWhatsAppAnswers } from './cli/preflight.ts'
import { type ReadyLine, readyText } from './cli/print-ready.ts'
import { toOneLine } from './cli/user-error.ts'
import { findDynamoDb } from './cloud/dynamodb-engine.ts'
import { Guard } from './process/guard.ts'
import { ProcessTable } from './process/process-table.ts'
import { drawDashboards } from './runtime/dashboards.ts'
import { assertNotRunning, openDataDir } from './runtime/data-dir.ts'
import { LocalLog } from './runtime/local-log.ts'
import { startLocalServer } from './runtime/local-server.ts'
import { startSimulatorProcess, type WhatsAppServer } from './runtime/simulator-process.ts'
import { startCloud } from './runtime/start-cloud.ts'
import { synthesize } from './runtime/synthesize.ts'

/** `npm start`: the whole platform on this machine. */
const root = fileURLToPath(new URL('..', import.meta.url))

/** It has no option for the address. */
const OPEN_PORT_WARNING =
  'fleetline: warning: tables are kept by DynamoDB Local, which listens on all network interfaces of this machine\n'

const start = async (options: StartOptions): Promise<void> => {
  const startedAt = performance.now()
  const human = options.json ? process.stderr : process.stdout
  const progress = (text: string) => human.write(`  ${text} …\n`)
  const stops: (() => unknown)[] = []
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  }
  onSignals(stopAll, human)
  try {
    // All that can be refused is refused here, before anything is started or written.
    assertNotRunning(options.dataDir)
    await assertPortFree(options.port)
    const engine = findDynamoDb(process.env)
    if (engine.kind === 'dynamodb-local') process.stderr.write(OPEN_PORT_WARNING)
    if (options.whatsapp) await assertWhatsAppAnswers(options.whatsapp)
    const dataDir = openDataDir(options.dataDir, { fresh: options.fresh, dynamodb: engine.kind })
    stops.push(() => dataDir.release())
    const log = new LocalLog(dataDir.path)
    const guard = new Guard()
    const processes = new ProcessTable()
    processes.add(guard.process, { name: 'guard', kind: 'guard' })
    stops.push(() => guard.stop())
    progress(options.whatsapp ? `test mode uses ${options.whatsapp.url}` : 'starting the simulated WhatsApp')
    const [assemblyDirectory, whatsapp] = await Promise.all([
      synthesize(root, dataDir.path, progress),
      options.whatsapp
        ? toServer(options.whatsapp)
        : startSimulatorProcess({ root, dataDir: dataDir.path, guard, processes, log }).then((server) => {
            stops.push(() => server.stop())
            return server
          }),
    ])
    progress('starting the emulators and reading the template')
    const cloud = await startCloud({
      root,
      dataDir: dataDir.path,
      assemblyDirectory,
      apiPort: options.port,
      engine,
      guard,
      processes,
      log,
      parameters: {
        WaTestUrl: whatsapp.socketUrl,
        WaTestTrustRootHex: whatsapp.trustRootHex,
        WaTestMediaCa: whatsapp.mediaCaPem ?? '',
        WaTestControlUrl: whatsapp.controlUrl,
        ...(options.live ? { LiveMode: 'enabled' } : {}),
      },
    })
    stops.push(() => cloud.stop())
    const server = await startLocalServer({
      about: { apiUrl: cloud.api.url, dataDir: dataDir.path, startedAt: Date.now() },
      log,
      processes: () => [{ name: 'npm start', kind: 'main', pid: process.pid }, ...processes.list()],
      executions: () => cloud.stepFunctions.executions(),
      dashboards: () => drawDashboards(cloud.resources, log.history),
      deployVersion: (version) => cloud.deployVersion(version),
    })
    stops.push(() => server.stop())
    const secret = cloud.resources.find((resource) => resource.type === 'AWS::SecretsManager::Secret')
    const keys = await bootstrap({
      dataDir: dataDir.path,
      apiUrl: cloud.api.url,
      secrets: cloud.secrets,
      platformSecretId: secret!.identity.ref,
    })
    const { controlUrl, socketUrl, trustRootHex } = whatsapp
    const ready: ReadyLine = {
      event: 'ready',
      apiUrl: cloud.api.url,
      ...keys,
      simulator: { controlUrl, socketUrl, trustRootHex },
      localUrl: server.url,
    }
    const seconds = (performance.now() - startedAt) / 1000
    human.write(readyText(ready, seconds))
    if (options.json) process.stdout.write(`${JSON.stringify(ready)}\n`)
  } catch (error) {
    await stopAll()
    throw error
  }
}

const toServer = async (server: NonNullable<StartOptions['whatsapp']>): Promise<WhatsAppServer> => ({
  socketUrl: server.url,
  trustRootHex: server.trustRootHex,
  controlUrl: server.controlUrl,
  stop: async () => {},
})

/** The first Ctrl-C ends everything in order, the second one at once (the watchdog ends the children then). */
const onSignals = (stopAll: () => Promise<void>, human: NodeJS.WriteStream): void => {
  let stopping = false
  const stop = () => {
    if (stopping) process.exit(130)
    stopping = true
    human.write('\nStopping: workers hand their sessions back (Ctrl-C again to force) …\n')
    stopAll().then(
      () => process.exit(0),
      (error) => {
        process.stderr.write(`${(error as Error).stack}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

try {
  const options = readStartOptions(process.argv.slice(2), process.env)
  if (options.help) process.stdout.write(USAGE)
  else await start(options)
} catch (error) {
  process.stderr.write(`fleetline: ${process.env.DEBUG ? (error as Error).stack : toOneLine(error)}\n`)
  process.exit(1)
}
