import { slotName } from '../../session-task/auth-log/log-device.ts'
import { S3LogDevice } from '../../session-task/auth-log/s3-log-device.ts'
import { SessionKeyRing, tenantKeyWrap } from '../../session-task/auth-log/session-keys.ts'
import type { TestFleet } from '../../session-task/testing/test-fleet.ts'
import type { S3Client } from '../../shared/aws/s3.ts'
import { requireEnvironment } from '../../shared/config/environment.ts'
import type { ChaosWorker } from './chaos-worker.ts'
import type { Witness } from './fateful-clients.ts'
import type { RunReport } from './report.ts'

export interface SentMessage {
  readonly id: string
  readonly whatsappId: string
  readonly body: string
  readonly retry: 'standard' | 'atMostOnce'
  /** sent to the session's group, not to its contact */
  readonly isGroup: boolean
  readonly seed: number
}

/** What every seed of a run shares. */
export interface Run {
  readonly fleet: TestFleet
  readonly logClient: S3Client
  readonly witness: Witness
  readonly report: RunReport
  readonly isGateOff: boolean
}

/** One linked session that lives through one seed after the other, and everything that was asked of it. */
export interface Lane {
  readonly run: Run
  readonly phone: string
  readonly contact: string
  /** jid of the group that the contact made with the session's phone */
  readonly group: string
  readonly sessionId: string
  owner: ChaosWorker
  /** everything accepted and everything a contact wrote, over all seeds */
  readonly sent: Map<string, SentMessage>
  readonly received: Map<string, { readonly text: string; readonly seed: number }>
  /** messages that have an end, and WhatsApp ids that are events, as far as it was looked */
  readonly ended: Set<string>
  readonly told: Set<string>
  toldUpTo: number
  /** epochs that a worker was given, in order */
  readonly epochs: number[]
}

/** What the checker needs of a session and of the fleet that it lived in. */
export interface JudgedLane
  extends Pick<Lane, 'phone' | 'contact' | 'group' | 'sessionId' | 'sent' | 'received' | 'epochs'> {
  readonly run: Pick<Run, 'logClient' | 'witness' | 'report'> & {
    readonly fleet: Pick<TestFleet, 'scope' | 'tenantKeys' | 'messages' | 'events' | 'leases' | 'sessions'> & {
      readonly simulator: {
        wire(phone: string): Promise<readonly unknown[]>
        violations(): Promise<readonly { readonly kind: string }[]>
      }
    }
  }
}

/** The session's log as a bystander reads it. */
export const logOf = ({ run, sessionId }: JudgedLane) => {
  const { fleet, witness, logClient } = run
  const place = `${fleet.scope.tenantId}-T/${sessionId}`
  return {
    device: new S3LogDevice({
      client: logClient,
      bucket: requireEnvironment('authBucket'),
      scope: fleet.scope,
      sessionId,
    }),
    keys: new SessionKeyRing(
      tenantKeyWrap(fleet.tenantKeys, fleet.scope, sessionId),
      witness.wrappedKeys.get(`head/${place}`) ?? {},
    ),
    /** when the content of the slot was known to be there; 0 when nobody ever heard of it */
    durableAt: (slot: number): number => witness.durableAt.get(`wal/${place}/${slotName(slot)}`) ?? 0,
  }
}
