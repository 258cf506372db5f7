import {
  getBinaryNodeChild,
  getBinaryNodeChildren,
  isPnUser,
  jidNormalizedUser,
  USyncQuery,
  USyncUser,
  type WASocket,
} from '@whiskeysockets/baileys'
import { WhatsAppError } from '../errors.ts'
import { phoneDigits } from '../linking.ts'
import { rememberResolved, resolvePhone } from '../resolve.ts'
import type { Resolved } from '../resolved.ts'
import type { SessionCaches } from '../session-caches.ts'
import { type Ask, iq, translated } from './ask.ts'
import type { ProfileInfo, WhatsAppCommands } from './types.ts'

/** Numbers in one question. */
const PER_QUESTION = 50
const PICTURE_TIMEOUT_MS = 15_000
/** nobody, or not for us to see */
const NO_PICTURE = new Set([401, 403, 404])

export type PeopleSocket = Pick<
  WASocket,
  'executeUSyncQuery' | 'signalRepository' | 'fetchStatus' | 'profilePictureUrl' | 'authState'
>
type PeopleCaches = Pick<SessionCaches, 'resolved' | 'queries'>

type PeopleCommands = Pick<WhatsAppCommands, 'lookup' | 'phoneJidOfLid' | 'profile' | 'listBlocked' | 'setBlocked'>

export const peopleCommands = (socket: PeopleSocket, ask: Ask, caches: PeopleCaches): PeopleCommands => ({
  lookup: (phones) => translated(() => lookup(socket, caches, phones)),
  phoneJidOfLid: async (lid) => {
    const phoneJid = await socket.signalRepository.lidMapping.getPNForLID(lid)
    return phoneJid ? jidNormalizedUser(phoneJid) : null
  },
  profile: (jid) => readProfile(socket, caches, jid),
  listBlocked: async () => {
    const answer = await ask(iq('get', 'blocklist', undefined))
    return getBinaryNodeChildren(getBinaryNodeChild(answer, 'list'), 'item').map(({ attrs }) => ({
      jid: jidNormalizedUser(attrs.jid),
      phoneJid: attrs.pn_jid ?? (isPnUser(attrs.jid) ? (attrs.jid ?? null) : null),
    }))
  },
  setBlocked: async (jid, isBlocked) => {
    const { lidMapping } = socket.signalRepository
    const lid = isPnUser(jid) ? await lidMapping.getLIDForPN(jid) : jid
    const phoneJid = isPnUser(jid) ? jid : await lidMapping.getPNForLID(jid)
    if (!lid || (isBlocked && !phoneJid))
      throw new WhatsAppError('lid_unknown', 'WhatsApp has not told number and LID of this person')
    const person = { jid: jidNormalizedUser(lid), ...(isBlocked ? { pn_jid: jidNormalizedUser(phoneJid ?? '') } : {}) }
    const item = { tag: 'item', attrs: { action: isBlocked ? 'block' : 'unblock', ...person } }
    await ask(iq('set', 'blocklist', [item]))
  },
})

const lookup = async (
  socket: PeopleSocket,
  caches: PeopleCaches,
  phones: readonly string[],
): Promise<ReadonlyMap<string, Resolved>> => {
  const found = new Map<string, Resolved>()
  const wanted = new Map<string, string>()
  for (const phone of phones) {
    const digits = phoneDigits(phone)
    const known = caches.resolved.get<Resolved>(digits)
    if (known) found.set(phone, known)
    else wanted.set(`${digits}@s.whatsapp.net`, phone)
  }
  const all = [...wanted]
  for (let start = 0; all.length > 1 && start < all.length; start += PER_QUESTION)
    await askMany(socket, caches, new Map(all.slice(start, start + PER_QUESTION)), found)
  // Alone, or answered under another spelling of the number (Brazil): then the answer is certainly this number's.
  for (const phone of wanted.values())
    if (!found.has(phone)) found.set(phone, await resolvePhone(socket, caches, phone))
  return found
}

/** @param wanted phone jid → number; what was answered under that very jid goes to `found` */
const askMany = async (
  socket: PeopleSocket,
  caches: PeopleCaches,
  wanted: ReadonlyMap<string, string>,
  found: Map<string, Resolved>,
): Promise<void> => {
  const query = new USyncQuery().withContactProtocol().withLIDProtocol()
  for (const phone of wanted.values()) query.withUser(new USyncUser().withPhone(`+${phoneDigits(phone)}`))
  const result = await caches.queries.spend(() => socket.executeUSyncQuery(query))
  if (!result) throw new WhatsAppError('timed_out', 'WhatsApp did not answer the look-up of numbers')
  for (const user of result.list) {
    const phone = wanted.get(jidNormalizedUser(user.id))
    if (phone === undefined) continue
    const known = user.contact === true ? user : null
    found.set(phone, await rememberResolved(socket, caches.resolved, phoneDigits(phone), known))
  }
}

/** About and picture of anybody, of the account too. */
export const readProfile = async (socket: PeopleSocket, caches: PeopleCaches, jid: string): Promise<ProfileInfo> => {
  const status = await translated(() => caches.queries.spend(() => socket.fetchStatus(jid)))
  if (!status) throw new WhatsAppError('timed_out', 'WhatsApp did not answer the question for an about text')
  const about = (status[0] as { status?: { status?: string | null; setAt?: Date } } | undefined)?.status
  const setAt = about?.setAt?.getTime() ?? 0
  return {
    about: about?.status || null,
    aboutSetAt: about?.status && setAt > 0 ? setAt : null,
    pictureUrl: await readPicture(socket, caches, jid),
  }
}

const readPicture = async (socket: PeopleSocket, caches: PeopleCaches, jid: string): Promise<string | null> => {
  const startedAt = performance.now()
  try {
    const url = await translated(() =>
      caches.queries.spend(() => socket.profilePictureUrl(jid, 'image', PICTURE_TIMEOUT_MS)),
    )
    // Silence and an answer without an address look alike; only silence takes this long.
    if (!url && performance.now() - startedAt > PICTURE_TIMEOUT_MS * 0.9)
      throw new WhatsAppError('timed_out', 'WhatsApp did not answer the question for a picture')
    return url ?? null
  } catch (error) {
    if (error instanceof WhatsAppError && NO_PICTURE.has(error.waCode ?? 0)) return null
    throw error
  }
}
