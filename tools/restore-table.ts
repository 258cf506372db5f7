import { parseArgs } from 'node:util'
import { mirrorTable } from '../shared/store/mirror-table.ts'
import { makeDocumentClient } from '../shared/store/table.ts'

const USAGE = `npm run restore-table -- --from <restored table> --to <table of the cell> [--write]
  Makes the second table what the first one is (docs/disaster-recovery.md). Without --write it only counts. Stop all writers
  before: functions and workers. Credentials and region are those of your shell (AWS_ENDPOINT_URL for emulators).`

const run = async (): Promise<number> => {
  const { values } = parseArgs({
    options: { from: { type: 'string' }, to: { type: 'string' }, write: { type: 'boolean', default: false } },
  })
  const { from, to, write } = values
  if (!from || !to || from === to) {
    console.error(USAGE)
    return 2
  }
  const client = makeDocumentClient()
  const { same, put, removed } = await mirrorTable(client, { from, to, write })
  client.destroy()
  console.log(
    `${same} rows are the same, ${put} ${write ? 'were put' : 'differ'}, ${removed} ${write ? 'were removed' : 'are too many'}`,
  )
  return 0
}

try {
  process.exitCode = await run()
} catch (error) {
  console.error(`not finished: ${(error as Error).message}. Rows that were written stay; run it again.\n\n${USAGE}`)
  process.exitCode = 1
}
