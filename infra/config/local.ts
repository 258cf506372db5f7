import type { DeploymentConfig } from './schema.ts'

/** FLEETLINE_LOCAL_WORKER_CAPACITY makes small workers, to see a fleet on a laptop. */
const workerCapacity = Number(process.env.FLEETLINE_LOCAL_WORKER_CAPACITY || 200)

/** The template that `npm start` reads. Loopback is open: on a laptop the customer's webhook is a local process. */
export const local: DeploymentConfig = {
  environment: 'local',
  cell: 'c1',
  region: 'us-east-1',
  availabilityZones: ['us-east-1a', 'us-east-1b'],
  retainData: false,
  logRetentionDays: 7,
  logLevel: 'info',
  liveMode: 'disabled',
  worker: { cpu: 1024, memoryMiB: 2048, capacity: workerCapacity, image: 'fleetline-worker:local' },
  fleet: { keepWarm: false, minimumWorkers: 1, spot: [] },
  simulator: null,
  canary: false,
  egressMode: 'public-ip',
  interfaceEndpoints: false,
  proxyPorts: [],
  webAcl: false,
  customDomain: null,
  alarmEmails: [],
  noticeEmails: [],
  monthlyBudgetUsd: null,
  permissionsBoundaryArn: null,
  egress: { allowCidrs: ['127.0.0.0/8'], allowHttp: true },
  corsAllowOrigins: [],
  docsBaseUrl: 'https://fleetline.example.com/docs',
  runbookBaseUrl: 'https://fleetline.example.com/docs/',
}
