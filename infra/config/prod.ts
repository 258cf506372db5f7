import type { DeploymentConfig } from './schema.ts'

export const prod: DeploymentConfig = {
  environment: 'prod',
  cell: 'c1',
  region: 'eu-west-1',
  availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  retainData: true,
  logRetentionDays: 30,
  logLevel: 'info',
  liveMode: 'enabled',
  worker: { cpu: 2048, memoryMiB: 4096, capacity: 200, image: null },
  egress: { allowCidrs: [], allowHttp: false },
  corsAllowOrigins: [],
  docsBaseUrl: 'https://fleetline.example.com/docs',
  runbookBaseUrl: 'https://fleetline.example.com/docs/',
}
