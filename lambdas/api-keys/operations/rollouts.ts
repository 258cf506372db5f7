import type * as z from 'zod'
import type { rolloutSchema } from '../../../shared/contract/rollouts.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { newId } from '../../../shared/core/ids.ts'
import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Rollouts } from '../../../shared/store/rollouts.ts'
import type { RolloutRow } from '../../../shared/store/rows/fleet.ts'
import type { KeyServices } from '../services.ts'

const present = (row: RolloutRow): z.input<typeof rolloutSchema> => ({
  id: row.id,
  mode: row.mode,
  version: row.version,
  waveSize: row.waveSize,
  status: row.status,
  because: row.because,
  startedAt: new Date(row.startedAt).toISOString(),
  endedAt: row.endedAt === null ? null : new Date(row.endedAt).toISOString(),
})

/** The row first, the machine second: if the machine does not start, the planner's tick carries the row out. */
export const startRollout =
  ({ tables, deployedVersion, startRolloutMachine }: KeyServices): Handler<'startRollout'> =>
  async ({ body }, context) => {
    const version = body.version ?? deployedVersion
    const row: RolloutRow = {
      v: 1,
      id: newId('rol'),
      mode: body.mode,
      version,
      waveSize: body.waveSize,
      status: 'running',
      because: 'started',
      startedAt: Date.now(),
      endedAt: null,
      ignoreAlarms: body.ignoreAlarms,
    }
    if (!(await new Rollouts(tables).start(row)))
      throw new Fault('conflict', { detail: `A rollout of ${body.mode} is running: wait for its end or abort it.` })
    try {
      await startRolloutMachine({ mode: row.mode, rolloutId: row.id })
    } catch (error) {
      // Nothing is lost: the tick goes on from the row.
      context.note({ rolloutId: row.id, machineError: String(error) })
    }
    return { status: 202, body: present(row) }
  }

export const getRollout =
  ({ tables }: KeyServices): Handler<'getRollout'> =>
  async ({ params }, context) => {
    const row = await new Rollouts(tables).get(params.mode)
    if (!row) throw notFoundOf(context.operation)
    return { status: 200, body: present(row) }
  }

/** Aborting one that has ended changes nothing and shows how it ended. */
export const abortRollout =
  ({ tables }: KeyServices): Handler<'abortRollout'> =>
  async ({ params }, context) => {
    const rollouts = new Rollouts(tables)
    const row = await rollouts.get(params.mode)
    if (!row) throw notFoundOf(context.operation)
    context.audit({ before: present(row) })
    if (row.status !== 'running') return { status: 202, body: present(row) }
    await rollouts.abort(row.mode, row.id)
    return { status: 202, body: present((await rollouts.get(params.mode)) ?? row) }
  }
