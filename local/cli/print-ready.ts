export interface ReadyLine {
  readonly event: 'ready'
  readonly apiUrl: string
  readonly adminKey: string
  readonly testKey: string
  readonly liveKey: string
  readonly simulator: { readonly controlUrl: string; readonly socketUrl: string; readonly trustRootHex: string }
  readonly localUrl: string
}

/** What a person sees when the platform is ready: where it is, a key, and a tour to paste. */
export const readyText = (ready: ReadyLine, seconds: number): string => `
Fleetline is ready (${seconds.toFixed(1)} s).

  API         ${ready.apiUrl}
  test key    ${ready.testKey}
  admin key   ${ready.adminKey}
  simulator   ${ready.simulator.controlUrl || '(none)'}
  inside view ${ready.localUrl}/_local/

Try it in another terminal:

  export API=${ready.apiUrl} KEY=${ready.testKey}
  call() { curl -sS -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' "$@"; echo; }

  call -X POST $API/v1/sessions -d '{"name":"My line"}'                      # → the session's id
  export SES=ses_…                                                          # put it here
  call -X POST $API/v1/sessions/$SES/link -d '{"method":"qr"}'
  call $API/v1/sessions/$SES/qr                                             # a QR, as JSON (or Accept: image/png)
  call -X POST $API/v1/test/sessions/$SES/scan -d '{"phone":"+5511900000001"}'  # the simulated phone scans it
  call $API/v1/sessions/$SES                                                # "status":"connected"
  call -X POST $API/v1/messages -d "{\\"sessionId\\":\\"$SES\\",\\"to\\":\\"+5511988887777\\",\\"type\\":\\"text\\",\\"text\\":{\\"body\\":\\"Hello\\"}}"
  call $API/v1/test/sessions/$SES/contacts/+5511988887777/messages          # what the contact decrypted

Everything is kept in the data directory; stop with Ctrl-C, start over with npm run reset.
`
