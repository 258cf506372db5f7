import { CfnOutput, Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb'
import { Repository, TagMutability } from 'aws-cdk-lib/aws-ecr'
import { type IKey, Key } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { MEDIA_KEPT_DAYS } from '../../shared/media/media-store.ts'
import { acknowledge } from '../constructs/acknowledge.ts'
import { type Cell, CellStack, keepsItsName } from '../constructs/cell.ts'
import { requireConditionalWrites } from '../constructs/conditional-writes.ts'

const text = (name: string) => ({ name, type: AttributeType.STRING })

/** `system`: ids of all tenants, keys only, for system roles. `list1`, `list2`: lists of one tenant. */
const INDEXES: GlobalSecondaryIndexPropsV2[] = [
  {
    indexName: 'system',
    partitionKey: text('xpk'),
    sortKey: text('xsk'),
    projectionType: ProjectionType.KEYS_ONLY,
  },
  { indexName: 'list1', partitionKey: text('l1pk'), sortKey: text('l1sk'), projectionType: ProjectionType.ALL },
  { indexName: 'list2', partitionKey: text('l2pk'), sortKey: text('l2sk'), projectionType: ProjectionType.ALL },
]

/** Seldom ways to look for messages: keys only, the rows are read by them. */
const MESSAGE_INDEXES: GlobalSecondaryIndexPropsV2[] = ['list3', 'list4', 'list5'].map((indexName) => ({
  indexName,
  partitionKey: text(`l${indexName.at(-1)}pk`),
  sortKey: text(`l${indexName.at(-1)}sk`),
  projectionType: ProjectionType.KEYS_ONLY,
}))

/** Everything that has state. Deployed first, changed rarely, protected in production. */
export class DataStack extends CellStack {
  readonly key: Key
  readonly tables: Record<'core' | 'messages' | 'usage' | 'ephemeral', TableV2>
  readonly authBucket: Bucket
  readonly mediaBucket: Bucket
  readonly platformSecret: Secret
  readonly workerImages: Repository
  /** memory of the canary, and root of the simulator's certificates, where the config has them */
  readonly canarySecret: Secret | null
  readonly simulatorRootKey: Secret | null
  readonly #removalPolicy: RemovalPolicy

  constructor(scope: Construct, cell: Cell) {
    super(scope, cell, 'data', { terminationProtection: cell.config.retainData })
    this.#removalPolicy = cell.config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY
    this.key = new Key(this, 'Key', {
      alias: `alias/${cell.prefix}`,
      description: `${cell.prefix}: tables, auth logs, platform secret, tenant data keys`,
      enableKeyRotation: true,
      removalPolicy: this.#removalPolicy,
    })
    this.tables = {
      core: this.#makeTable('Core', { recoverable: true, indexes: INDEXES }),
      messages: this.#makeTable('Messages', { recoverable: true, indexes: [...INDEXES, ...MESSAGE_INDEXES] }),
      usage: this.#makeTable('Usage', { recoverable: false, indexes: [], ttl: true }),
      ephemeral: this.#makeTable('Ephemeral', { recoverable: false, indexes: [], ttl: true }),
    }
    this.authBucket = this.#makeAuthBucket()
    this.mediaBucket = this.#makeMediaBucket()
    this.platformSecret = new Secret(this, 'PlatformSecret', {
      description: `${cell.prefix}: pepper of API keys, hashes of admin keys`,
      encryptionKey: this.key,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ adminKeyHashes: [] }),
        generateStringKey: 'pepper',
        passwordLength: 64,
        excludePunctuation: true,
      },
      removalPolicy: this.#removalPolicy,
    })
    acknowledge(this.platformSecret, {
      'AwsSolutions-SMG4':
        'a rotated pepper makes every stored key hash useless; it changes by a new version, on purpose',
    })
    new CfnOutput(this, 'PlatformSecretArn', { value: this.platformSecret.secretArn })
    this.canarySecret = cell.config.canary ? this.#makeCanarySecret() : null
    this.simulatorRootKey = cell.config.simulator ? this.#makeSimulatorRootKey() : null
    this.workerImages = new Repository(this, 'WorkerImages', {
      repositoryName: `${cell.prefix}-worker`,
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE,
      removalPolicy: keepsItsName(cell),
    })
  }

  #makeCanarySecret(): Secret {
    const secret = new Secret(this, 'CanarySecret', {
      description: `${this.cell.prefix}: test key, session and endpoint of the canary`,
      encryptionKey: this.#keyByName('CanaryKey'),
      generateSecretString: { secretStringTemplate: '{"apiKey":null}', generateStringKey: 'unused' },
    })
    acknowledge(secret, {
      'AwsSolutions-SMG4': 'the canary keeps its session here; its key is rotated by the keys API',
    })
    new CfnOutput(this, 'CanarySecretArn', { value: secret.secretArn })
    return secret
  }

  /** 64 hex digits: clients trust its public half, which the simulator prints when it starts. */
  #makeSimulatorRootKey(): Secret {
    const secret = new Secret(this, 'SimulatorRootKey', {
      description: `${this.cell.prefix}: root of the simulator's certificates`,
      encryptionKey: this.#keyByName('SimulatorKey'),
      generateSecretString: {
        passwordLength: 64,
        excludePunctuation: true,
        excludeUppercase: true,
        excludeCharacters: 'ghijklmnopqrstuvwxyz',
        requireEachIncludedType: false,
      },
    })
    acknowledge(secret, { 'AwsSolutions-SMG4': 'a new root is a new server: workers would have to learn it first' })
    return secret
  }

  /** Readers of a secret are granted by their own roles: the key's policy would make this stack depend on theirs. */
  #keyByName(id: string): IKey {
    return Key.fromKeyArn(this, id, this.key.keyArn)
  }

  #makeTable(
    id: string,
    options: { recoverable: boolean; indexes: GlobalSecondaryIndexPropsV2[]; ttl?: boolean },
  ): TableV2 {
    const table = new TableV2(this, id, {
      partitionKey: text('pk'),
      sortKey: text('sk'),
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.customerManagedKey(this.key),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: options.recoverable },
      globalSecondaryIndexes: options.indexes,
      timeToLiveAttribute: options.ttl ? 'ttl' : undefined,
      deletionProtection: this.cell.config.retainData,
      removalPolicy: this.#removalPolicy,
    })
    if (!options.recoverable)
      acknowledge(table, {
        'AwsSolutions-DDB3': 'counters and short-lived rows: nothing in it is worth a restore to a point in time',
      })
    return table
  }

  /**
   * Files of messages. Everything goes after MEDIA_KEPT_DAYS; what is overwritten or deleted goes the next day. Tenants
   * reach single objects by presigned links, also from browsers.
   */
  #makeMediaBucket(): Bucket {
    const bucket = new Bucket(this, 'MediaBucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      lifecycleRules: [
        {
          expiration: Duration.days(MEDIA_KEPT_DAYS),
          noncurrentVersionExpiration: Duration.days(1),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      ...(this.cell.config.corsAllowOrigins.length > 0
        ? {
            cors: [
              {
                allowedMethods: [HttpMethods.PUT, HttpMethods.GET],
                allowedOrigins: [...this.cell.config.corsAllowOrigins],
                allowedHeaders: ['*'],
              },
            ],
          }
        : {}),
      removalPolicy: this.#removalPolicy,
    })
    acknowledge(bucket, {
      'AwsSolutions-S1':
        'access logs would name every tenant in clear; whoever has to audit reads switches CloudTrail data events on',
    })
    return bucket
  }

  /**
   * The sessions' logs. No lifecycle rule deletes a current object: only the owner of a log knows what two newer
   * snapshots cover (protocol §4). Versions that were overwritten or deleted stay for a week against our own mistakes.
   */
  #makeAuthBucket(): Bucket {
    const bucket = new Bucket(this, 'AuthBucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(7), expiredObjectDeleteMarker: true }],
      removalPolicy: this.#removalPolicy,
    })
    requireConditionalWrites(bucket)
    acknowledge(bucket, {
      'AwsSolutions-S1':
        'access logs would name every session in clear; whoever has to audit reads switches CloudTrail data events on',
    })
    return bucket
  }
}
