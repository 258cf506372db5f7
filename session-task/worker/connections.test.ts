import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Faulty, sessionAtFault } from '../session/session-fault-scope.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterAll(async () => {
  await fleet.stop()
})

test('an old connection is replaced, and nobody is told', async () => {
  let opened = 0
  const worker = await fleet.startWorker({
    connectionLifeMs: 200,
    openConnection: (options) => {
      opened++
      return openConnection(options)
    },
  })
  const sessionId = await fleet.linkSession(worker, '5511900004001')
  const before = opened
  await until('two more connections', () => opened >= before + 2)
  const sent = await fleet.accept(sessionId, CONTACT, 'over whatever connection there is')
  await fleet.untilMessage(sent.id, ['sent', 'delivered', 'read'])
  const told = (await fleet.readEvents(sessionId)).filter(({ type }) => type.startsWith('session.'))
  expect(told.map(({ type }) => type)).toEqual(['session.qr', 'session.linked', 'session.connected'])
  expect(await fleet.simulator.violations()).toEqual([])
})

test('a session that crashes for the fifth time is set aside, told once, and comes back by a restart; a neighbour stays', async () => {
  const faulty = new Map<string, Faulty>()
  const worker = await fleet.startWorker({
    openConnection: (options) => {
      const session = sessionAtFault()
      if (session) faulty.set(session.sessionId, session)
      return openConnection(options)
    },
  })
  const neighbour = await fleet.linkSession(worker, '5511900004002')
  const sessionId = await fleet.linkSession(worker, '5511900004003')
  expect([...faulty.keys()].toSorted()).toEqual([neighbour, sessionId].toSorted())
  const lease = await fleet.leases.get(sessionId)
  expect(await fleet.leases.setCrashes(sessionId, lease?.epoch ?? 0, 3)).toBe(true)

  faulty.get(sessionId)?.crash(new Error('for the fourth time'))
  await until('it is opened again', async () => {
    const row = await fleet.leases.get(sessionId)
    return row?.crashes === 4 && row.epoch > (lease?.epoch ?? 0)
  })
  await until('it is connected again', async () => {
    const types = (await fleet.readEvents(sessionId)).map(({ type }) => type)
    return types.filter((type) => type === 'session.connected').length === 2
  })
  faulty.get(sessionId)?.crash(new Error('for the fifth time'))
  expect((await fleet.untilStatus(sessionId, 'failed')).reason).toMatchObject({
    code: 'quarantined',
    nextAction: 'restart',
  })
  await fleet.released(sessionId)
  expect(await fleet.leases.get(sessionId)).toMatchObject({ desired: 'STOPPED', crashes: 5 })
  await until('its event', () =>
    fleet.published.some(({ type, sessionId: of }) => type === 'session.failed' && of === sessionId),
  )
  expect(fleet.published.filter(({ type }) => type === 'session.failed')).toHaveLength(1)

  // What POST /restart does.
  const standing = await fleet.leases.get(sessionId)
  await fleet.leases.setCrashes(sessionId, standing?.epoch ?? 0, 0)
  await fleet.leases.setDesired(sessionId, 'RUNNING')
  await fleet.assign(sessionId, worker)
  await fleet.untilStatus(sessionId, 'connected')
  const connected = (await fleet.readEvents(neighbour)).filter(({ type }) => type === 'session.connected')
  expect(connected).toHaveLength(1)
})
