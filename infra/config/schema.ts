import { RegionInfo } from 'aws-cdk-lib/region-info'
import * as z from 'zod'
import { fargateSizeProblem } from './fargate-sizes.ts'

/** What differs between deployments. Everything else is the same code everywhere. */
export const deploymentConfigSchema = z
  .strictObject({
    /** deployment name: part of every stack, queue and bus name */
    environment: z.string().regex(/^[a-z][a-z0-9]{1,11}$/),
    cell: z.string().regex(/^c[0-9]{1,3}$/),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
    /** written out, so that a synth never asks AWS */
    availabilityZones: z.array(z.string()).min(2).max(3),
    /** true: tables, bucket and key survive a deleted stack and refuse to be deleted */
    retainData: z.boolean(),
    logRetentionDays: z.union([z.literal(7), z.literal(30), z.literal(90)]),
    logLevel: z.enum(['debug', 'info', 'warn', 'error']),
    /** what a live key may do; the CloudFormation parameter LiveMode overrides it */
    liveMode: z.enum(['enabled', 'disabled']),
    worker: z.strictObject({
      /** Fargate units: 1024 = one vCPU */
      cpu: z.union([z.literal(512), z.literal(1024), z.literal(2048), z.literal(4096)]),
      memoryMiB: z.int().min(1024).max(30_720),
      /** sessions one worker takes */
      capacity: z.int().min(1).max(1000),
      /** default of the parameter WorkerImage; null: every deployment has to name the image by digest */
      image: z.string().nullable(),
    }),
    fleet: z.strictObject({
      /** the planner runs every minute and keeps room for a worker's worth of new sessions; costs one idle worker per used mode */
      keepWarm: z.boolean(),
      /** workers that a used mode never goes below */
      minimumWorkers: z.int().min(1).max(50),
      /**
       * modes whose workers run on Fargate Spot: up to 70 % cheaper, may be taken away with two minutes' notice. Without
       * Spot capacity a launch takes on-demand. Every interruption is a reconnect: not for live numbers you care about
       */
      spot: z
        .array(z.enum(['live', 'test']))
        .max(2)
        .default([]),
    }),
    /** a simulated WhatsApp behind test mode, reachable by workers and test helpers alone; null: none in the stack */
    simulator: z
      .strictObject({
        cpu: z.union([z.literal(256), z.literal(512), z.literal(1024)]),
        memoryMiB: z.int().min(512).max(8192),
      })
      .nullable()
      .default(null),
    /** a tenant of ours that sends a message each minute and waits for its webhook; needs the simulator */
    canary: z.boolean().default(false),
    /** public-ip: an address per worker, no NAT. nat: private subnets, all sessions leave by one fixed address per zone */
    egressMode: z.enum(['public-ip', 'nat']),
    /** with nat: AWS services by endpoints in the VPC, about 7 USD per service, zone and month, instead of NAT traffic */
    interfaceEndpoints: z.boolean(),
    /** ports beside 443 that workers may reach: those of the proxies that tenants name for their sessions (docs/proxy.md) */
    proxyPorts: z
      .array(
        z
          .int()
          .max(65_535)
          .refine((port) => port === 80 || port > 1023, 'a proxy listens on 80, 443 or above 1023'),
      )
      .max(20)
      .default([]),
    /** web ACL in front of the API: managed rules and a limit per address */
    webAcl: z.boolean(),
    /** the API under a name of yours; the certificate lies in the same region. null: the address that AWS gives */
    customDomain: z
      .strictObject({ name: z.string().regex(/^[a-z0-9.-]+$/), certificateArn: z.string().startsWith('arn:') })
      .nullable(),
    /** who hears of alarms and of the budget */
    alarmEmails: z.array(z.email()),
    /** who hears that a customer's endpoint was disabled or recovered, or that a delivery was given up; usually nobody */
    noticeEmails: z.array(z.email()),
    /** forecast or actual cost above it tells alarmEmails; null: no budget */
    monthlyBudgetUsd: z.int().positive().nullable(),
    /** policy that every role of the app gets as its boundary; null: none */
    permissionsBoundaryArn: z.string().startsWith('arn:').nullable(),
    /** ranges and schemes that customer URLs may reach beyond the public internet: a laptop's loopback, nothing else */
    egress: z.strictObject({ allowCidrs: z.array(z.string()), allowHttp: z.boolean() }),
    /** web origins (https://console.example.com) whose pages may call the API; usually none: keys belong on servers */
    corsAllowOrigins: z.array(z.string().regex(/^https:\/\/[a-z0-9.-]+(:\d+)?$/)).default([]),
    /** base of problem types and documentation links */
    docsBaseUrl: z.url(),
    /** where runbook links in alarms point to; the path of the file and its heading follow */
    runbookBaseUrl: z.url(),
  })
  .superRefine((config, context) => {
    const region = regionProblem(config.region)
    if (region) context.addIssue({ code: 'custom', path: ['region'], message: region })
    if (config.availabilityZones.some((zone) => !zone.startsWith(config.region)))
      context.addIssue({
        code: 'custom',
        path: ['availabilityZones'],
        message: `zones of ${config.region} begin with its name, like ${config.region}a`,
      })
    for (const [name, size] of Object.entries({ worker: config.worker, simulator: config.simulator })) {
      const problem = size && fargateSizeProblem(size)
      if (problem) context.addIssue({ code: 'custom', path: [name, 'memoryMiB'], message: problem })
    }
    if (new Set(config.availabilityZones).size < config.availabilityZones.length)
      context.addIssue({ code: 'custom', path: ['availabilityZones'], message: 'a zone is named twice' })
    if (config.customDomain && !config.customDomain.certificateArn.startsWith(`arn:aws:acm:${config.region}:`))
      context.addIssue({
        code: 'custom',
        path: ['customDomain', 'certificateArn'],
        message: `the certificate of a regional API lies in ACM of ${config.region}`,
      })
    const opened = config.egress.allowCidrs.length > 0 || config.egress.allowHttp
    if (opened && config.environment !== 'local')
      context.addIssue({
        code: 'custom',
        path: ['egress'],
        message: 'only the local config may let customer URLs reach private ranges or plain http',
      })
    if (config.interfaceEndpoints && config.egressMode !== 'nat')
      context.addIssue({
        code: 'custom',
        path: ['interfaceEndpoints'],
        message: 'with public-ip the calls to AWS cost nothing: interface endpoints are for nat',
      })
    if (config.canary && !config.simulator)
      context.addIssue({
        code: 'custom',
        path: ['canary'],
        message: 'the canary sends in test mode: it needs the simulator in the stack',
      })
    if (config.worker.image === null && config.environment === 'local')
      context.addIssue({ code: 'custom', path: ['worker', 'image'], message: 'the local config needs a default image' })
  })

/**
 * What can be known without asking AWS. Which services a region has is asked by `npm run doctor`, before the first deployment.
 * @returns null when nothing speaks against it
 */
const regionProblem = (name: string): string | null => {
  const known = RegionInfo.regions.find((region) => region.name === name)
  if (!known) return `AWS has no region ${name} (as this version of the CDK knows)`
  return known.partition === 'aws'
    ? null
    : `${name} is in partition ${known.partition}: state machines name resources of partition aws, nothing there was tried`
}

export type DeploymentConfig = z.output<typeof deploymentConfigSchema>
