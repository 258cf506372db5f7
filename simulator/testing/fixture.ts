import type { UserFacingSocketConfig } from '@whiskeysockets/baileys'
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator.ts'
import { BaileysClient, repairSignatureCheck } from './baileys-client.ts'
import { ControlClient } from './control-client.ts'
import { until } from './until.ts'

export type Fixture = {
  simulator: Simulator
  /** The control API; every test takes its own namespace with `control.in(name)`. */
  control: ControlClient
  client(options?: Partial<UserFacingSocketConfig>): BaileysClient
  /** A client linked by QR to `phone`, logged in and done with its first synchronisation. */
  linkedClient(control: ControlClient, phone: string, options?: Partial<UserFacingSocketConfig>): Promise<BaileysClient>
  stop(): Promise<void>
}

/** A simulator in this process, with real Baileys clients whose signature check is repaired. */
export async function startFixture(options: SimulatorOptions = {}): Promise<Fixture> {
  const simulator = await startSimulator(options)
  const clients: BaileysClient[] = []
  const fixture: Fixture = {
    simulator,
    control: new ControlClient(simulator.controlUrl),
    client: (clientOptions) => {
      repairSignatureCheck(simulator.trustRootHex)
      const client = new BaileysClient(simulator.socketUrl, clientOptions)
      clients.push(client)
      return client
    },
    linkedClient: async (control, phone, clientOptions) => {
      const client = fixture.client(clientOptions).connect()
      await control.call('POST', `/phones/${phone}/scan`, { qr: await client.qr() })
      await client.closed()
      client.connect()
      await client.opened()
      // Before this counter moves rc14 holds back inbound events for up to 20 s after a reconnect.
      await until('the first synchronisation', () => client.auth.creds.accountSyncCounter > 0)
      return client
    },
    stop: async () => {
      for (const client of clients) await client.end()
      await simulator.stop()
    },
  }
  return fixture
}

export type InboxEntry = {
  chat: string
  whatsappId: string
  from: string
  text: string | null
  type: string
  frame: number
  plaintextSha256: string
  plaintextHex: string
  ownCopy: boolean
  // biome-ignore lint/suspicious/noExplicitAny: the JSON of any protobuf message.
  content: any
  media: { kind: string; mimetype: string; fileLength: number; fileSha256: string; mediaId: string | null } | null
  vote: { pollId: string; options: string[] } | null
  duplicate: boolean
}

export async function inboxOf(control: ControlClient, phone: string): Promise<InboxEntry[]> {
  return (await control.call<{ data: InboxEntry[] }>('GET', `/contacts/${phone}/inbox`)).data
}

/** The first message of the contact's inbox that `matches`, waited for. */
export function received(
  control: ControlClient,
  phone: string,
  matches: (entry: InboxEntry) => boolean,
): Promise<InboxEntry> {
  return until(`a message in the inbox of ${phone}`, async () => (await inboxOf(control, phone)).find(matches))
}

export type WireLine = {
  frame: number
  direction: string
  tag: string
  id: string
  attrs: Record<string, string>
  bytesSha256: string
  recipients: { jid: string; ciphertextSha256: string; plaintextSha256?: string; decryptError?: string }[] | null
  note: string | null
}

export async function wireOf(control: ControlClient, filter = ''): Promise<WireLine[]> {
  return (await control.call<{ data: WireLine[] }>('GET', `/wire?${filter}`)).data
}

export type ViolationLine = { kind: string; detail: string }

export async function violationsOf(control: ControlClient): Promise<string[]> {
  return (await control.call<{ data: ViolationLine[] }>('GET', '/violations')).data.map(({ kind }) => kind)
}
