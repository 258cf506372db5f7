import type { DeploymentConfig } from './schema.ts'

export const dev: DeploymentConfig = {
  environment: 'dev',
  cell: 'c1',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  retainData: false,
  logRetentionDays: 7,
  logLevel: 'debug',
  liveMode: 'disabled',
  worker: { cpu: 1024, memoryMiB: 2048, capacity: 100, image: null },
  egress: { allowCidrs: [], allowHttp: false },
  corsAllowOrigins: [],
  docsBaseUrl: 'https://fleetline.example.com/docs',
  runbookBaseUrl: 'https://fleetline.example.com/docs/',
}
