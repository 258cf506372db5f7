/**
 * Names of the environment variables, written once: infra/ sets them, lambdas and session-task read them.
 * The comment of each says who sets it and what it means when it is empty.
 */
export const ENV = {
  /** deployment name, e.g. dev, prod, local */
  environment: 'FLEETLINE_ENV',
  /** cell id, e.g. c1 */
  cell: 'FLEETLINE_CELL',
  version: 'FLEETLINE_VERSION',
  coreTable: 'CORE_TABLE',
  messagesTable: 'MESSAGES_TABLE',
  usageTable: 'USAGE_TABLE',
  ephemeralTable: 'EPHEMERAL_TABLE',
  /** bucket of the auth logs */
  authBucket: 'AUTH_BUCKET',
  /** bucket of files in messages */
  mediaBucket: 'MEDIA_BUCKET',
  /** SQS url: files to fetch from customers' addresses */
  mediaFetchQueueUrl: 'MEDIA_FETCH_QUEUE_URL',
  /** CMK that wraps tenant data keys */
  kmsKeyId: 'KMS_KEY_ID',
  /** Secrets Manager id of {pepper, adminKeyHashes[]} */
  platformSecretId: 'PLATFORM_SECRET_ID',
  eventBus: 'EVENT_BUS',
  /** SQS url: hints for the reconciler */
  hintsQueueUrl: 'HINTS_QUEUE_URL',
  /** SQS url: due webhook deliveries */
  deliverQueueUrl: 'DELIVER_QUEUE_URL',
  allocateStateMachineArn: 'ALLOCATE_STATE_MACHINE_ARN',
  lifecycleStateMachineArn: 'LIFECYCLE_STATE_MACHINE_ARN',
  ecsCluster: 'ECS_CLUSTER',
  /** workers create one queue per incarnation, named <prefix><workerId>-<incarnation> */
  workerQueuePrefix: 'WORKER_QUEUE_PREFIX',
  /** sessions a worker of this size takes */
  workerCapacity: 'WORKER_CAPACITY',
  /** Secrets Manager id of the canary's own memory: its key, session and endpoint */
  canarySecretId: 'CANARY_SECRET_ID',
  /** address of the deployment's own API, for the canary */
  apiUrl: 'API_URL',
  rolloutStateMachineArn: 'ROLLOUT_STATE_MACHINE_ARN',
  /** workers of a mode that the planner keeps */
  minimumWorkers: 'MINIMUM_WORKERS',
  /** "true": the planner keeps room for new sessions */
  keepWarm: 'KEEP_WARM',
  /** set per task by WorkerLifecycle */
  workerId: 'WORKER_ID',
  workerMode: 'WORKER_MODE',
  /** Step Functions task token; empty when somebody started the worker by hand */
  taskToken: 'TASK_TOKEN',
  /** file that a worker touches at each heartbeat; the container's health command looks at its age. Empty: none */
  heartbeatFile: 'HEARTBEAT_FILE',
  /** WebSocket url of the server behind test mode; empty: test mode is not available */
  waTestUrl: 'WA_TEST_URL',
  /** 32 bytes hex: public key of the test server's certificate root */
  waTestTrustRoot: 'WA_TEST_TRUST_ROOT',
  /** PEM of the CA that signs the test server's media host; empty: one that everybody trusts */
  waTestMediaCa: 'WA_TEST_MEDIA_CA',
  /** control API of the simulator; empty: /v1/test answers 501 simulator_control_unavailable */
  waTestControlUrl: 'WA_TEST_CONTROL_URL',
  /** WhatsApp Web version, "2.3000.1043857760"; empty: the version Baileys brings */
  waVersion: 'WA_VERSION',
  /** comma list of HTTP proxies for live sessions, each sticks to one; empty: the worker's own network */
  waEgressProxies: 'WA_EGRESS_PROXIES',
  /** comma list of address ranges (CIDR) in which those proxies may lie; empty: public addresses only */
  waEgressAllowCidrs: 'WA_EGRESS_ALLOW_CIDRS',
  /** enabled | disabled: what a live key may do in this deployment */
  liveMode: 'LIVE_MODE',
  /** CIDR list of private ranges that customer URLs may reach. Empty outside the local config (asserted in infra). */
  egressAllowCidrs: 'EGRESS_ALLOW_CIDRS',
  /** "true" lets customer URLs be http:. Empty outside the local config. */
  egressAllowHttp: 'EGRESS_ALLOW_HTTP',
  /** base of docUrl and of problem types, e.g. https://docs.example.com */
  docsBaseUrl: 'DOCS_BASE_URL',
  /** comma list of web origins that may call the API from a browser; empty: none */
  corsAllowOrigins: 'CORS_ALLOW_ORIGINS',
  logLevel: 'LOG_LEVEL',
  /** "off": no metric lines on stdout (unit tests); empty: they are written */
  metrics: 'METRICS',
} as const

export type EnvironmentName = keyof typeof ENV

/** Value of a variable that must be set. The error names the variable and who sets it. */
export const requireEnvironment = (name: EnvironmentName): string => {
  const value = process.env[ENV[name]]
  if (value === undefined || value === '')
    throw new Error(`environment variable ${ENV[name]} is not set (the CDK app sets it)`)
  return value
}

/** Value of a variable that may be empty; null then. */
export const readEnvironment = (name: EnvironmentName): string | null => process.env[ENV[name]] || null
