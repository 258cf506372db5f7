import { S3Client } from '@aws-sdk/client-s3'
import { clientOptions } from './client-options.ts'

export {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'

export const makeS3Client = (): S3Client => new S3Client(clientOptions())
