import type { S3Client } from '../../shared/aws/s3.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { EventSink } from '../../shared/events/event-sink.ts'
import type { Log } from '../../shared/log/log.ts'
import type { MediaStore } from '../../shared/media/media-store.ts'
import type { Owner } from '../../shared/store/rows/session.ts'
import type { Tables } from '../../shared/store/tables.ts'
import type { LogLimits } from '../auth-log/log-context.ts'
import type { PauseDetector } from '../auth-log/pause-detector.ts'
import type { MediaHelpers } from '../media/media-helpers.ts'
import type { OpenConnection } from '../whatsapp/connection.ts'
import type { Egresses } from '../whatsapp/egress.ts'
import type { ClientVersionGuard } from '../worker/version-guard.ts'
import type { Turns } from './turns.ts'

export interface WorkerMedia {
  readonly store: MediaStore
  /** host of the test server's files; null: WhatsApp's own hosts alone */
  readonly testHost: string | null
  /** encrypting, uploading, downloading: this many files at a time in the whole worker */
  readonly turns: Turns
  /** what reads and looks at files, away from the sessions; one for the whole worker */
  readonly helpers: MediaHelpers
  /** a new folder for the files of one job; default: among the system's temporary files */
  readonly makeFolder?: () => Promise<string>
  /** first wait before a received file is tried again; tests lower it */
  readonly retryBaseMs?: number
}

/** What every session of a worker shares. */
export interface WorkerServices {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
  readonly eventSink: EventSink
  /** from makeLogS3Client */
  readonly logClient: S3Client
  readonly authBucket: string
  readonly pauseDetector: PauseDetector
  readonly openConnection: OpenConnection
  readonly socketUrl: string
  readonly owner: Owner
  /** of this software */
  readonly version: string
  /** files of messages; absent: messages with files fail, and received files are not fetched */
  readonly media?: WorkerMedia
  /** how long a frame may wait for the server's word; default 30 s */
  readonly ackTimeoutMs?: number
  /** limits of the session logs; tests lower them */
  readonly logLimits?: Partial<LogLimits>
  /** back-off of a session whose log cannot be opened; tests lower it */
  readonly reopenMs?: { readonly base: number; readonly cap: number }
  /** records without rows that a session may hold before it lets nothing more in; tests lower it */
  readonly undoneLimit?: { readonly records: number; readonly bytes: number }
  /** what a session may hold in memory before it is opened anew, and how often it is weighed; tests lower both */
  readonly memory?: { readonly budgetBytes: number; readonly checkMs: number }
  /** connections are replaced after one to two times this long; default 6 h */
  readonly connectionLifeMs?: number
  /** false while heartbeats do not get through: what is under way goes on, nothing new is claimed (protocol §3) */
  readonly mayClaim: () => boolean
  /** absent: everything leaves by the worker's own network */
  readonly egresses?: Egresses
  /** one for all sessions of the worker, of one mind with all workers */
  readonly clientVersion: ClientVersionGuard
  readonly log: Log
  /** Paces connects of the whole worker; resolves when this one may go. */
  readonly connectTurn: () => Promise<void>
  /** Runs a replay alone, and names the session on the worker's row meanwhile (quarantine, protocol §3). */
  readonly replayAlone: (sessionId: string, replay: () => Promise<void>) => Promise<void>
}

/** What the parts of one hosted session share. */
export interface SessionContext {
  readonly services: WorkerServices
  readonly scope: TenantScope
  readonly sessionId: string
  readonly log: Log
}
