/** A contact makes a group with a phone of ours. @returns its jid */
export const createGroup = async (
  controlUrl: string,
  headers: Readonly<Record<string, string>>,
  creator: string,
  member: string,
): Promise<string> => {
  const response = await fetch(`${controlUrl}/control/groups`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ creator, subject: 'Team', participants: [member] }),
  })
  if (!response.ok) throw new Error(`no group: ${response.status} ${await response.text()}`)
  return ((await response.json()) as { jid: string }).jid
}
