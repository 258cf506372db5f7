import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const MAIN = join(import.meta.dirname, '../../../simulator/main.ts')

export interface WireFrame {
  /** `in`: from the client to the server */
  readonly direction: 'in' | 'out'
  readonly tag: string
  /** ISO 8601 */
  readonly at: string
  readonly attrs: Readonly<Record<string, string>>
  /** of a message: what each device made of its copy */
  readonly recipients:
    | readonly { readonly jid: string; readonly plaintextSha256?: string; readonly decryptError?: string }[]
    | null
}

export interface InboxMessage {
  readonly whatsappId: string
  readonly text: string | null
  readonly duplicate: boolean
  /** the decrypted protobuf as JSON */
  readonly content: unknown
}

/** The simulated WhatsApp in its own process, as the worker meets it, and its control API. Numbers without +. */
export interface Simulator {
  readonly controlUrl: string
  readonly socketUrl: string
  readonly trustRootHex: string
  addPhone(phone: string, name: string): Promise<void>
  addContact(phone: string, settings: Readonly<Record<string, unknown>>): Promise<void>
  scan(phone: string, qr: string): Promise<void>
  enterCode(phone: string, code: string): Promise<void>
  /** @returns the WhatsApp id */
  contactSends(contact: string, to: string, text: string, addressing?: 'pn' | 'lid'): Promise<string>
  /** `count` texts at once: `<text> 1`, `<text> 2`, … */
  contactFloods(contact: string, to: string, text: string, count: number): Promise<void>
  /** a message that nobody can decrypt */
  contactSendsGarbage(contact: string, to: string, garbage: 'msg' | 'pkmsg'): Promise<void>
  contactReads(contact: string, whatsappId: string): Promise<void>
  inbox(contact: string, whatsappId?: string): Promise<InboxMessage[]>
  /** @param id only stanzas with this id */
  wire(phone: string, id?: string): Promise<WireFrame[]>
  fault(fault: Readonly<Record<string, unknown>>): Promise<void>
  clearFaults(): Promise<void>
  settings(settings: Readonly<Record<string, boolean | number>>): Promise<void>
  /** WhatsApp lets this account start no chats; `announce`: it says so by itself, otherwise when asked */
  timeLock(phone: string, lock: { active: boolean; endsInSeconds?: number; announce?: boolean }): Promise<void>
  newChatCap(phone: string, cap: { total: number; used?: number; status?: string; announce?: boolean }): Promise<void>
  /** what a real server would have refused */
  violations(): Promise<{ readonly kind: string }[]>
  /** any other request of the control API, e.g. GET groups */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  control(method: string, path: string, body?: unknown): Promise<any>
  stop(): Promise<void>
}

const readyLine = async (child: ChildProcess): Promise<Record<string, string>> => {
  if (!child.stdout) throw new Error('the simulator has no stdout')
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line)
  throw new Error('the simulator ended before it was ready')
}

export const startSimulator = async (): Promise<Simulator> => {
  const child = spawn(process.execPath, [MAIN, '--json', '--exit-with-parent'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const { controlUrl = '', socketUrl = '', trustRootHex = '' } = await readyLine(child)

  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${controlUrl}/control/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const answer: unknown = await response.json()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }
  const post = async (path: string, body: unknown): Promise<void> => {
    await call('POST', path, body)
  }
  const list = async <T>(path: string): Promise<T[]> => ((await call('GET', path)) as { data: T[] }).data

  return {
    controlUrl,
    socketUrl,
    trustRootHex,
    addPhone: (phone, name) => post('phones', { phone, name }),
    addContact: (phone, settings) => post('contacts', { phone, ...settings }),
    scan: (phone, qr) => post(`phones/${phone}/scan`, { qr }),
    enterCode: (phone, code) => post(`phones/${phone}/code`, { code }),
    contactSends: async (contact, to, text, addressing = 'pn') => {
      const sent = (await call('POST', `contacts/${contact}/send`, { to, text, addressing })) as { whatsappId: string }
      return sent.whatsappId
    },
    contactFloods: (contact, to, text, count) => post(`contacts/${contact}/send-many`, { to, text, count }),
    contactSendsGarbage: (contact, to, garbage) => post(`contacts/${contact}/send`, { to, garbage }),
    contactReads: (contact, whatsappId) => post(`contacts/${contact}/read`, { whatsappId }),
    inbox: (contact, whatsappId) => list(`contacts/${contact}/inbox${whatsappId ? `?whatsappId=${whatsappId}` : ''}`),
    wire: (phone, id) => list(`wire?phone=${phone}&limit=100000${id ? `&id=${id}` : ''}`),
    fault: (fault) => post('faults', fault),
    clearFaults: async () => void (await call('DELETE', 'faults')),
    settings: async (settings) => void (await call('PUT', 'settings', settings)),
    timeLock: (phone, lock) => post(`phones/${phone}/time-lock`, lock),
    newChatCap: (phone, cap) => post(`phones/${phone}/new-chat-cap`, cap),
    violations: () => list('violations'),
    control: call,
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}
