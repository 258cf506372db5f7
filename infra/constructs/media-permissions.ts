import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { DataStack } from '../stacks/data-stack.ts'
import { wildcardResource } from './acknowledge.ts'
import type { Cell } from './cell.ts'
import { allow } from './permissions.ts'

/** Objects of the media bucket: keys are made at run time, one per file. */
export const mediaObjects = (data: DataStack, actions: readonly string[]): PolicyStatement =>
  allow([...actions], data.mediaBucket.arnForObjects('*'))

/** How cdk-nag prints mediaObjects in another stack. */
export const mediaObjectsFinding = (cell: Cell): string =>
  wildcardResource(`${cell.prefix}-data:${MEDIA_BUCKET_ARN_EXPORT}/*`)
export const MEDIA_OBJECTS_REASON = 'one object per file, named at run time'

const MEDIA_BUCKET_ARN_EXPORT = 'ExportsOutputFnGetAttMediaBucketBCBB02BAArnB94B784B'
