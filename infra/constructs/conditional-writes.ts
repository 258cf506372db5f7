import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Bucket } from 'aws-cdk-lib/aws-s3'

/** Objects of a session's log. `poison/` is a copy for people and is not fenced. */
const FENCED = ['head', 'wal', 'snap']

/**
 * The fence of the auth logs, enforced by S3: a PUT without If-None-Match or If-Match is refused for everybody, whatever
 * a role allows. A bug, an old worker or a restore script cannot overwrite a record that another owner may have read.
 */
export const requireConditionalWrites = (bucket: Bucket): void => {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'LogsAreWrittenConditionally',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: FENCED.map((kind) => bucket.arnForObjects(`${kind}/*`)),
      // Both in one operator are joined by AND: denied when neither header is there.
      conditions: { Null: { 's3:if-match': 'true', 's3:if-none-match': 'true' } },
    }),
  )
}
