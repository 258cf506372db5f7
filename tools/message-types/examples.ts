/** One request for each type; `$OWN` and `$THEIRS` are messages of the chat, `$IMAGE` and the like are uploaded files. */
export const EXAMPLES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  text: { text: { body: 'Hello' } },
  image: { image: { mediaId: '$IMAGE', caption: 'Look' } },
  video: { video: { mediaId: '$VIDEO', seconds: 3 } },
  audio: { audio: { mediaId: '$AUDIO', seconds: 7 } },
  voice: { voice: { mediaId: '$VOICE', seconds: 2, waveform: [0, 40, 100, 20] } },
  document: { document: { mediaId: '$DOCUMENT', fileName: 'invoice.pdf' } },
  sticker: { sticker: { mediaId: '$STICKER' } },
  location: { location: { latitude: -23.5614, longitude: -46.6559, name: 'MASP' } },
  contacts: { contacts: [{ name: 'Ana Souza', phones: ['+5511977776666'] }] },
  poll: { poll: { name: 'Lunch?', options: ['yes', 'no'] } },
  reaction: { reaction: { messageId: '$THEIRS', emoji: '👍' } },
  edit: { edit: { messageId: '$OWN', text: { body: 'Hello again' } } },
  delete: { delete: { messageId: '$OWN' } },
}

/** Types that go to the chat of the message they name. */
const ANSWERS = ['reaction', 'edit', 'delete']

export const curlOf = (type: string): string => {
  const body = {
    sessionId: '$SES',
    ...(ANSWERS.includes(type) ? {} : { to: '+5511988887777' }),
    type,
    ...EXAMPLES[type],
  }
  // The variables stand outside of the quotes, so that the shell fills them in.
  const json = JSON.stringify(body).replace(/"\$([A-Z]+)"/g, `"'$$$1'"`)
  return `curl -fsS "$API/v1/messages" -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '${json}'`
}
