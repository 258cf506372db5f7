import { Fault } from '../../shared/core/fault.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'

/** The simulator itself waits up to 15 s (for a QR, for a device that comes online); the lambda ends after 28 s. */
const TIMEOUT_MS = 20_000
const MAXIMUM_DETAIL_CHARACTERS = 500

/** Control API of the simulated WhatsApp. Every tenant has its own namespace: it sees its own phones and contacts only. */
export class Simulator {
  readonly #controlUrl: string

  constructor(controlUrl: string) {
    this.#controlUrl = controlUrl.replace(/\/$/, '')
  }

  /** @throws Fault simulator_unreachable, simulator_refused (with the simulator's own words) */
  async call(scope: TenantScope, method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    let response: Response
    let text: string
    try {
      response = await fetch(`${this.#controlUrl}/control${path}`, {
        method,
        headers: { 'content-type': 'application/json', 'x-namespace': scope.tenantId },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'error',
      })
      text = await response.text()
    } catch (error) {
      throw new Fault(
        'simulator_unreachable',
        { detail: 'The simulated WhatsApp does not answer on its control API. Is it running?' },
        { cause: error },
      )
    }
    const answer = parseJson(text)
    if (response.ok) return answer
    const detail = (answer as { detail?: unknown } | null)?.detail
    throw new SimulatorRefused(
      response.status,
      typeof detail === 'string'
        ? detail.slice(0, MAXIMUM_DETAIL_CHARACTERS)
        : `The simulated WhatsApp answered ${response.status}.`,
    )
  }
}

export class SimulatorRefused extends Fault {
  /** HTTP status of the simulator's answer */
  readonly answeredStatus: number
  constructor(answeredStatus: number, detail: string) {
    super('simulator_refused', { detail, internal: `the simulator answered ${answeredStatus}` })
    this.answeredStatus = answeredStatus
  }
}

/** Null when it is not JSON: the status tells enough. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** @throws Fault simulator_control_unavailable */
export const requireSimulator = (simulator: Simulator | null): Simulator => {
  if (simulator) return simulator
  throw new Fault('simulator_control_unavailable', {
    detail: 'Test mode of this deployment talks to a server without a control API: do this on that server itself.',
  })
}
