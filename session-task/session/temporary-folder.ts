import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WorkerMedia } from './session-context.ts'

const makeSystemFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'fleetline-media-'))

/** A folder for the files of one piece of work, gone afterwards whatever happens. */
export const withTemporaryFolder = async <T>(
  { makeFolder = makeSystemFolder }: Pick<WorkerMedia, 'makeFolder'>,
  work: (folder: string) => Promise<T>,
): Promise<T> => {
  const folder = await makeFolder()
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
