/**
 * Each repair file as it would be if the repair were not there: same exports, the library's own behaviour. Put in its
 * place, the tests named after the file have to fail (`red-without.long.ts`).
 */
export const WITHOUT: Readonly<Record<string, string>> = {
  'aborted-pairing-code': `
    export const isLinked = (creds) => creds.me !== undefined
    export const isAbortedPairing = () => false
    export const forgetPairingCode = () => {}`,
  'absent-number': `
    export const findUserOfNumber = async (socket, digits) => {
      const answer = await socket.executeUSyncQuery({})
      return answer?.list.find((user) => user.contact) ?? null
    }`,
  'bounded-retries': 'export const boundRetries = () => {}',
  'captured-rejections': 'export const withCapturedRejections = (make) => make()',
  'companion-reg-refresh': `
    export const withCurrentSecret = (qr) => qr
    export const rotateSecretOnRefresh = () => {}`,
  'console-silence': 'export const silencedConsoleLines = () => 0',
  'curve-verify': 'export {}',
  'end-flush': 'export const flushEventsAtEnd = () => {}',
  'fast-verify': `
    import { createRequire } from 'node:module'
    const requireOfLibsignal = createRequire(createRequire(import.meta.url).resolve('libsignal'))
    export const verifyInJavaScript = requireOfLibsignal('curve25519-js').verify`,
  'half-open-close': 'export const terminateHalfOpen = () => {}',
  'login-watchdog': 'export const watchLogin = () => {}',
  'media-reupload': `
    export const downloadEncrypted = async () => {
      throw new Error('the library gives up when the media is gone')
    }`,
  'pending-queries': 'export const rejectQueriesAtEnd = () => {}',
  'recipient-devices': 'export const requireRecipientDevices = async () => {}',
  'status-ack': 'export const ackStatusStanzas = () => {}',
  'stray-presence': 'export const completeCredentialUpdates = () => {}',
  'write-through-keys': 'export const writeKeysThrough = () => {}',
}
