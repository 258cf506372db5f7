import { parentPort } from 'node:worker_threads'
import { makeS3Client } from '../../shared/aws/s3.ts'
import { requireEnvironment } from '../../shared/config/environment.ts'
import { MediaStore } from '../../shared/media/media-store.ts'
import { serveJobs } from './serve-jobs.ts'
import { makeThreadJobs, type ThreadJobs } from './thread-jobs.ts'

/** Entry of the thread that reads, hashes, encrypts, verifies and stores files, so that no session feels their size. */
const mediaStore = new MediaStore({
  client: makeS3Client(),
  bucket: requireEnvironment('mediaBucket'),
  kmsKeyId: requireEnvironment('kmsKeyId'),
})
const port = parentPort
if (!port) throw new Error('media-thread is an entry of a worker thread')
port.on(
  'message',
  serveJobs<ThreadJobs>(makeThreadJobs(mediaStore), (answer) => port.postMessage(answer)),
)
