const NOISE = [
  'Closing session:',
  'Opening session:',
  'Removing old closed session:',
  'Session already',
  'Closing open session',
  'Closing stale open session',
  'Decrypted message with closed session.',
  'Failed to decrypt message with any known session',
  'Session error:',
  'Migrating session to:',
  'WARNING: Expected pubkey',
  'V1 session storage migration error',
]

let silenced = false

/** libsignal prints whole sessions, private keys included, through console: drop exactly those lines, keep all others. */
export function silenceLibsignal(): void {
  if (silenced) return
  silenced = true
  for (const level of ['info', 'warn', 'error', 'log'] as const) {
    const original = console[level].bind(console)
    console[level] = (...values: unknown[]) => {
      const first = values[0]
      if (typeof first === 'string' && NOISE.some((prefix) => first.startsWith(prefix))) return
      original(...values)
    }
  }
}
