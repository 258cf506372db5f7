/**
 * Symptom: private keys and root keys on stdout. libsignal 6.0.0 prints whole session objects through console
 * (`Closing session:` and others; https://github.com/WhiskeySockets/Baileys/issues/887, baileys-facts 0.8). Its lines
 * are dropped and counted, everything else passes. Process-wide, installed at import.
 */
const LIBSIGNAL_LINES = [
  'Closing session:',
  'Opening session:',
  'Removing old closed session:',
  'Session already closed',
  'Session already open',
  'Closing open session in favor of incoming prekey bundle',
  'Failed to decrypt message with any known session',
  'Session error:',
  'Decrypted message with closed session.',
  'Migrating session to:',
  'V1 session storage migration error',
]

const KEY_FIELDS = ['_chains', 'currentRatchet', 'privKey', 'rootKey']

const isLibsignal = (values: readonly unknown[]): boolean => {
  const [first] = values
  if (typeof first === 'string' && LIBSIGNAL_LINES.some((line) => first.startsWith(line))) return true
  return values.some(
    (value) => typeof value === 'object' && value !== null && KEY_FIELDS.some((field) => field in value),
  )
}

let silenced = 0

/** How many lines were dropped since the start of the process, for the worker's metrics. */
export const silencedConsoleLines = (): number => silenced

for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  const print = console[method].bind(console)
  console[method] = (...values: unknown[]) => {
    if (isLibsignal(values)) silenced += 1
    else print(...values)
  }
}
