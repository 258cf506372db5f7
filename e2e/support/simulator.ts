/** What a simulated contact decrypted; never de-duplicated. */
export interface InboxItem {
  readonly whatsappId: string
  readonly text: string
  readonly type: string
  readonly frame: number
  readonly rawSize: number
}

/** One stanza on the simulator's raw wire log. */
export interface WireItem {
  readonly frame: number
  readonly at: string | number
  readonly direction: 'in' | 'out'
  readonly tag: string
  readonly id: string | null
  readonly attrs: Record<string, string>
  readonly recipients?: readonly {
    readonly plaintextSha256?: string
    readonly encType?: string
    readonly jid?: string
  }[]
}

/** The simulator's control API, within one tenant's namespace: the judge that is not our API. */
export const makeSimulator = (controlUrl: string, namespace: string) => {
  const call = async (method: string, path: string, body?: unknown): Promise<any> => {
    const response = await fetch(`${controlUrl}/control${path}`, {
      method,
      headers: { 'x-namespace': namespace, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`simulator ${method} ${path} → ${response.status} ${text}`)
    return text ? JSON.parse(text) : null
  }
  return {
    call,
    inbox: async (phone: string): Promise<InboxItem[]> => (await call('GET', `/contacts/${phone}/inbox`)).data,
    send: (phone: string, to: string, text: string) => call('POST', `/contacts/${phone}/send`, { to, text }),
    read: (phone: string, whatsappId: string) => call('POST', `/contacts/${phone}/read`, { whatsappId }),
    /** linked devices; those that were unlinked are left out */
    devices: async (phone: string): Promise<any[]> =>
      (await call('GET', `/phones/${phone}/devices`)).data.filter((device: any) => device.status === 'active'),
    wire: async (query = ''): Promise<WireItem[]> => (await call('GET', `/wire${query}`)).data,
    violations: async (): Promise<any[]> => (await call('GET', '/violations')).data,
    faults: (fault: Record<string, unknown>) => call('POST', '/faults', fault),
  }
}
