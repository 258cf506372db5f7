import { afterAll, beforeAll, expect, test } from 'vitest'
import { gatherFacts } from './gather.ts'
import { type FakeAws, startFakeAws } from './testing/fake-aws.ts'

let api: FakeAws
beforeAll(async () => {
  // The API as API Gateway serves it under its own address: everything lies below the stage, nothing beside it.
  api = await startFakeAws(({ path }) =>
    path.startsWith('/v/v1/health')
      ? { body: { version: 'x1' } }
      : path.startsWith('/v/v1/admin/')
        ? { body: { data: [], nextCursor: null } }
        : { status: 403, body: { message: 'Missing Authentication Token' } },
  )
})
afterAll(() => api.stop())

test.each(['/v', '/v/'])('the API is found below the stage of its address: …%s', async (stage) => {
  const place = { url: `${api.url}${stage}`, adminKey: 'flk_admin_x', prefix: null, secretId: null, sessions: null }
  const facts = await gatherFacts(place)
  expect(facts).toMatchObject({ health: { version: 'x1' }, workers: [], sessions: [] })
})
