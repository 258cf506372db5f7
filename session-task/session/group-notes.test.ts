import { describe, expect, it } from 'vitest'
import { openMemoryLog } from '../auth-log/testing/open-memory-log.ts'
import type { NotificationChild, NotificationStanza } from '../whatsapp/connection.ts'
import { groupNotesOf } from './group-notes.ts'

const child = (tag: string, attributes = {}, children: NotificationChild[] = [], text: string | null = null) => ({
  tag,
  attributes,
  children,
  text,
})
const stanza = (id: string, ...children: NotificationChild[]): NotificationStanza => ({
  type: 'w:gp2',
  attributes: {
    id,
    from: '120363000000000001@g.us',
    participant: '888:2@lid',
    participant_pn: '222@s.whatsapp.net',
    t: '5',
  },
  children,
})

describe('a notification of a group', () => {
  it('is one event with all of its changes, once', async () => {
    const { log } = await openMemoryLog()
    const added = child('add', {}, [child('participant', { jid: '777@lid', phone_number: '333@s.whatsapp.net' })])
    const described = child('description', { id: 'D' }, [child('body', {}, [], 'What we are for')])
    const notification = stanza('N1', added, described, child('subject', { subject: 'Team' }), child('new_thing'))
    const notes = groupNotesOf(log, notification, 9_000)
    log.append(notes)
    expect(notes).toMatchObject([{ t: 'note', sequence: 1, eventType: 'group.updated' }])
    expect(notes[0]?.data).toMatchObject({
      group: { jid: '120363000000000001@g.us', kind: 'group' },
      by: { phone: '+222', lid: '888@lid' },
      at: '1970-01-01T00:00:05.000Z',
      changes: [
        { change: 'participantsAdded', participants: [{ phone: '+333', lid: '777@lid' }] },
        { change: 'descriptionChanged', description: 'What we are for' },
        { change: 'subjectChanged', subject: 'Team' },
        { change: 'other', kind: 'new_thing' },
      ],
    })
    expect(groupNotesOf(log, notification, 9_001)).toEqual([])
  })

  it('other notifications make no event', async () => {
    const { log } = await openMemoryLog()
    expect(groupNotesOf(log, { ...stanza('N1', child('add')), type: 'account_sync' }, 1)).toEqual([])
    expect(groupNotesOf(log, stanza('N2'), 1)).toEqual([])
    expect(log.state.nextSequence).toBe(1)
  })
})
