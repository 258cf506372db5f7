/** A person as contact cards say it (vCard 3.0, RFC 2426). */
export interface ContactCard {
  readonly name: string
  readonly phones: readonly string[]
  readonly organization?: string | null
  readonly emails: readonly string[]
  readonly vcard?: string | null
}

const escapeText = (value: string): string =>
  value
    .replace(/\\/g, '\\\\')
    .replace(/([,;])/g, '\\$1')
    .replace(/\r?\n/g, '\\n')
const unescapeText = (value: string): string =>
  value.replace(/\\(.)/g, (_, character: string) => (character === 'n' || character === 'N' ? '\n' : character))

/** The card as given, or one made of the fields. `waid` lets the reader's phone open the chat. */
export const writeCard = (card: ContactCard): string => {
  if (card.vcard) return card.vcard
  const name = escapeText(card.name)
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${name};;;`,
    `FN:${name}`,
    ...(card.organization ? [`ORG:${escapeText(card.organization)};`] : []),
    ...card.phones.map((phone) => `TEL;type=CELL;waid=${phone.replace(/\D/g, '')}:${escapeText(phone)}`),
    ...card.emails.map((email) => `EMAIL:${escapeText(email)}`),
    'END:VCARD',
  ].join('\n')
}

/** What a card says, line by line; folded lines are joined first. Whatever it is, nothing is thrown. */
export const readCard = (displayName: string | null, vcard: string): ContactCard => {
  const lines = vcard.replace(/\r?\n[ \t]/g, '').split(/\r?\n/)
  const valuesOf = (property: string): string[] =>
    lines.flatMap((line) => {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).split(';')[0]?.replace(/^.*\./, '').toUpperCase()
      return colon > 0 && name === property ? [unescapeText(line.slice(colon + 1).trim())] : []
    })
  return {
    name: displayName ?? valuesOf('FN')[0] ?? '',
    phones: valuesOf('TEL').filter((phone) => phone !== ''),
    organization: valuesOf('ORG')[0]?.replace(/;+$/, '') || null,
    emails: valuesOf('EMAIL').filter((email) => email !== ''),
    vcard: vcard || null,
  }
}
