import { startS3 } from '../cloud/s3.ts'
import { startSqs } from '../cloud/sqs.ts'

/** S3 and SQS on a data directory in a process of its own, for a test to SIGKILL. Prints their addresses as one line. */
const dataDir = process.argv[2]
const [s3, sqs] = await Promise.all([startS3({ dataDir }), startSqs({ dataDir })])
s3.store.createBucket('log')
process.stdout.write(`${JSON.stringify({ s3: s3.url, sqs: sqs.url })}\n`)
