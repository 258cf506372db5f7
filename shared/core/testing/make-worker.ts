import type { WorkerView } from '../worker-view.ts'

/** A READY worker of live mode with 100 slots, half of them used. */
export const makeWorker = (patch: Partial<WorkerView> & { id: string }): WorkerView => ({
  mode: 'live',
  incarnation: 1,
  status: 'READY',
  used: 50,
  capacity: 100,
  version: 'v1',
  queueUrl: 'queue',
  heartbeat: { counter: 1 },
  createdAt: 0,
  ...patch,
})
