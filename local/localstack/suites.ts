/** The end-to-end suites that ask a deployed platform over HTTP alone. */
export const SUITES: readonly string[] = [
  'e2e/scenarios/first-steps.test.ts',
  'e2e/scenarios/suspended-tenant.test.ts',
  'e2e/scenarios/documented-examples.test.ts',
  'e2e/messages/message-types.test.ts',
  'e2e/messages/media.test.ts',
  'e2e/messages/bad-input.test.ts',
  'e2e/messages/options.test.ts',
  'e2e/fleet/canary.test.ts',
]

/** Suite → why it says nothing about a deployed platform. */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'e2e/scenarios/kill.test.ts': 'kills `npm start` and the processes that it lists',
  'e2e/scenarios/start-options.test.ts': 'is about the options of `npm start`',
  'e2e/scenarios/streams.test.ts': 'kills `npm start` in the middle of a stream',
  'e2e/scenarios/usage-kill.test.ts': 'kills `npm start` right after an answer',
  'e2e/fleet/restore.test.ts': 'takes the data directory of `npm start` back to an earlier moment',
  'e2e/chaos/in-process.test.ts': 'runs workers in its own process, on emulators of its own',
  'e2e/chaos/processes.test.ts': 'stops and kills processes of a platform of its own',
}

/** Beginning of a test's name → why it is skipped there. */
export const SKIPPED_TESTS: Readonly<Record<string, string>> = {
  'what is kept': 'looks into the data directory of `npm start`',
  'an empty file': 'S3 refuses an upload whose length is not the signed one; the embedded S3 lets it in',
}
