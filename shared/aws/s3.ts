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

/**
 * Where objects of a bucket are, for links that others follow: with an endpoint override (the SDK's own variables) path
 * style, as the SDK does it there.
 */
export const objectUrl = (bucket: string, key: string, region: string): URL => {
  const override = process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL
  return new URL(
    override
      ? `${override.replace(/\/$/, '')}/${bucket}/${key}`
      : `https://${bucket}.s3.${region}.amazonaws.com/${key}`,
  )
}
