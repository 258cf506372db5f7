import type { Bench, Figure } from '../report.ts'
import { startAcceptWorld } from '../support/accept-world.ts'
import { type AwsCalls, countAwsCalls } from '../support/aws-calls.ts'
import { type Division, divide, type Step } from '../support/cpu-division.ts'
import { rounded } from '../support/rounds.ts'

const REQUESTS = Number(process.env.REQUESTS ?? 500)
const WARM_UP = Number(process.env.WARM_UP ?? 1_000)

/** The first that fits a file has it; each is what one part of the path does itself, with all that it calls. */
const STEPS: readonly Step[] = [
  { name: 'AWS SDK: marshalling', files: /util-dynamodb|lib-dynamodb/ },
  { name: 'AWS SDK: signing', files: /signature-v4|sha256-/ },
  { name: 'AWS SDK: HTTP', files: /node-http-handler/ },
  { name: 'AWS SDK: the rest', files: /node_modules\/@(aws-sdk|smithy|aws-crypto|aws)\// },
  { name: 'expressions of AWS calls', files: /store\/table\.ts/ },
  { name: 'emulators in this process', files: /\/local\/cloud\/|node_modules\/(fauxqs|fastify|find-my-way|avvio)/ },
  { name: 'bench and test harness', files: /\/bench\/|\/http\/testing\// },
  {
    name: 'key, rights, limits',
    files: /authenticate|authorize|api-key|limiter|token-bucket|rate-limits|plans|ip-ranges/,
  },
  { name: 'count of the call', files: /usage-meter|minute-count/ },
  { name: 'validation of the body', files: /http\/validate/ },
  { name: 'log line and metrics', files: /report-request|shared\/log\/|node_modules\/pino/ },
  { name: 'recipient', files: /recipient|phone-/ },
  { name: 'ids and hashes', files: /core\/ids|canonical-json/ },
  { name: 'sealing, opening', files: /shared\/crypto\// },
  { name: 'rows: session, lease', files: /store\/(sessions|leases|tenants|api-keys)\.ts/ },
  { name: 'rows: message', files: /store\/message|store\/keys/ },
  { name: 'presentation', files: /present\.ts/ },
  { name: 'ring', files: /events\/ring|fleet\/hints/ },
  { name: 'operation', files: /lambdas\/api-messages\// },
  { name: 'kernel: route, headers, body, answer', files: /shared\/http\// },
]

interface Side {
  readonly division: Division
  readonly calls: AwsCalls
  readonly wallMs: number
}

const repeat = async (count: number, send: () => Promise<unknown>): Promise<void> => {
  for (let index = 0; index < count; index++) await send()
}

const measureSide = async (send: () => Promise<unknown>): Promise<Side> => {
  let wallMs = 0
  let calls: AwsCalls = { byAction: new Map(), bytes: 0 }
  const division = await divide(STEPS, async () => {
    const started = performance.now()
    calls = await countAwsCalls(() => repeat(REQUESTS, send))
    wallMs = performance.now() - started
  })
  return { division, calls, wallMs }
}

/**
 * Where the time of `POST /v1/messages` goes, one at a time: CPU of this process by step, and waiting for the emulators,
 * beside the same of its bare AWS calls. The
 * profiler costs a tenth or so: `accept` has the times without it.
 */
export const run: Bench = async () => {
  const { post, bare, stop } = await startAcceptWorld()
  try {
    // Both before either: most of what they run is the same, and who comes second would find it compiled.
    await repeat(WARM_UP, bare)
    await repeat(WARM_UP, post)
    const sides = { bare: await measureSide(bare), handler: await measureSide(post) }
    const each = (value: number | undefined) => rounded((value ?? 0) / REQUESTS, 3)
    const figure = (name: string, unit: string, of: (side: Side) => number | undefined): Figure => ({
      name,
      value: each(of(sides.handler)),
      unit,
      note: `bare ${each(of(sides.bare))}, more by ${each((of(sides.handler) ?? 0) - (of(sides.bare) ?? 0))}`,
    })
    const steps = [...new Set([...sides.handler.division.keys(), ...sides.bare.division.keys()])].map((name) =>
      figure(name, 'ms', ({ division }) => division.get(name)),
    )
    const actions = [...new Set([...sides.handler.calls.byAction.keys(), ...sides.bare.calls.byAction.keys()])]
    return [
      figure('all', 'ms', ({ wallMs }) => wallMs),
      ...steps.sort((a, b) => b.value - a.value),
      ...actions.map((name) => figure(`calls: ${name}`, '', ({ calls }) => calls.byAction.get(name))),
      figure('bytes of calls', 'B', ({ calls }) => calls.bytes),
    ]
  } finally {
    await stop()
  }
}
