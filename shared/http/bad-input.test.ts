import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestAnswer, type TestApi } from '../../lambdas/testing/test-api.ts'
import { makeApiKey } from '../core/api-key.ts'
import { FAULTS, type FaultCode } from '../core/fault.ts'
import { newId } from '../core/ids.ts'

let api: TestApi
let key: string

beforeAll(async () => {
  api = await startTestApi()
  key = (await api.newTenant()).key
})
afterAll(() => api.stop())

/** Every refusal has the full problem shape and nothing of our insides. */
const expectProblem = (answer: TestAnswer, code: FaultCode): void => {
  const { status, title, retryable } = FAULTS[code]
  expect(answer.body).toMatchObject({
    type: `https://docs.test/errors/${code}`,
    docUrl: `https://docs.test/errors#${code}`,
    title,
    status,
    code,
    retryable,
    detail: expect.stringMatching(/\w/),
    requestId: expect.stringMatching(/^req_[0-9A-Z]{26}$/),
  })
  expect(answer.status).toBe(status)
  expect(answer.headers['Content-Type']).toBe('application/problem+json')
  expect(answer.headers['X-Request-Id']).toBe(answer.body.requestId)
  expect(JSON.stringify(answer.body)).not.toMatch(/\.ts|node_modules|at Object|dynamo/i)
}

describe('API keys', () => {
  it('refuses a request without a key', async () => {
    const answer = await api.call(null, 'GET', '/v1/sessions')
    expectProblem(answer, 'unauthorized')
    expect(answer.headers['WWW-Authenticate']).toBe('Bearer')
  })
  it.each(['nonsense', 'flk_test_short', `${makeApiKey('test').slice(0, -1)}_`])(
    'refuses the malformed key %s',
    async (wrong) => {
      expectProblem(await api.call(wrong, 'GET', '/v1/sessions'), 'unauthorized')
    },
  )
  it('refuses a well-formed key that was never made', async () => {
    expectProblem(await api.call(makeApiKey('test'), 'GET', '/v1/sessions'), 'unauthorized')
    expectProblem(await api.call(makeApiKey('admin'), 'GET', '/v1/tenants'), 'unauthorized')
  })
  it('takes the key from X-Api-Key as well, and refuses two different ones', async () => {
    expect((await api.call(null, 'GET', '/v1/tenant', { headers: { 'x-api-key': key } })).status).toBe(200)
    const two = await api.call(key, 'GET', '/v1/tenant', { headers: { 'X-Api-Key': makeApiKey('test') } })
    expectProblem(two, 'unauthorized')
  })
  it('refuses another scheme than Bearer', async () => {
    const basic = await api.call(null, 'GET', '/v1/tenant', { headers: { authorization: 'Basic abc' } })
    expectProblem(basic, 'unauthorized')
  })
})

describe('paths and methods', () => {
  it('answers 404 to an unknown path', async () => {
    expectProblem(await api.call(key, 'GET', '/v1/nothing'), 'not_found')
    expectProblem(await api.call(key, 'GET', '/v1/sessions/%E0%A4%A'), 'not_found')
  })
  it('answers 405 with Allow to an unknown method', async () => {
    const answer = await api.call(key, 'PUT', '/v1/sessions')
    expectProblem(answer, 'method_not_allowed')
    expect(answer.headers.Allow).toBe('GET, POST')
  })
  it.each([newId('ses'), 'ses_1', 'x', 'ses_01#META', `${newId('ses')}#OPEN`])(
    'answers 404 to the unknown id %s',
    async (id) => {
      const answer = await api.call(key, 'GET', `/v1/sessions/${encodeURIComponent(id)}`)
      expectProblem(answer, 'not_found')
      expect(answer.body.detail).toBe('No session with this id.')
    },
  )
})

describe('bodies', () => {
  const post = (input: Parameters<TestApi['call']>[3]) => api.call(key, 'POST', '/v1/sessions', input)

  it('refuses malformed JSON without repeating it', async () => {
    const answer = await post({ text: '{"name": "secret text' })
    expectProblem(answer, 'malformed_json')
    expect(answer.body.detail).not.toContain('secret')
  })
  it('refuses JSON that is nested without end', async () => {
    expectProblem(await post({ text: '['.repeat(100_000) + ']'.repeat(100_000) }), 'malformed_json')
  })
  it('refuses a body over 1 MB', async () => {
    const answer = await post({ body: { name: 'x'.repeat(1024 * 1024) } })
    expectProblem(answer, 'payload_too_large')
    expect(answer.body.detail).toContain('1048576')
  })
  it('refuses a body that is not JSON', async () => {
    expectProblem(await post({ text: 'name=x', headers: { 'Content-Type': 'text/plain' } }), 'unsupported_media_type')
  })
  it('refuses unknown fields, each with its path', async () => {
    const answer = await post({ body: { name: 'a', colour: 'red', metadata: {} } })
    expectProblem(answer, 'validation_failed')
    expect(answer.body.errors).toEqual([{ path: 'colour', message: 'Unknown field' }])
    const nested = await api.call(key, 'POST', '/v1/messages', {
      body: { sessionId: newId('ses'), to: '+5511988887777', type: 'text', text: { body: 'x', bold: true } },
    })
    expect(nested.body.errors).toEqual([{ path: 'text.bold', message: 'Unknown field' }])
  })
  it('names every missing or wrong field', async () => {
    const answer = await api.call(key, 'POST', '/v1/messages', { body: { to: 5, type: 'text', text: { body: '' } } })
    expectProblem(answer, 'validation_failed')
    expect(answer.body.errors.map((error: { path: string }) => error.path).sort()).toEqual([
      'sessionId',
      'text.body',
      'to',
    ])
    const telex = await api.call(key, 'POST', '/v1/messages', { body: { to: 5, type: 'telex' } })
    // Which fields there must be depends on the type.
    expect(telex.body.errors.map((error: { path: string }) => error.path)).toEqual(['type'])
    expect(answer.body.errors).toContainEqual({ path: 'sessionId', message: 'Required' })
  })
  it.each(['\\ud800', 'ok \\udfff'])('refuses half a surrogate pair anywhere: %s', async (text) => {
    const answer = await post({ text: `{"name": "${text}"}` })
    expectProblem(answer, 'validation_failed')
    expect(answer.body.errors).toEqual([
      { path: 'name', message: 'Not well-formed Unicode: it holds half of a surrogate pair' },
    ])
    const key = await post({ text: `{"name": "x", "metadata": {"${text}": "1"}}` })
    expectProblem(key, 'validation_failed')
  })
  it.each(['__proto__', 'constructor', '\\u005f_proto__', '\\u0063onstructor'])(
    'refuses metadata called %s: it could not be stored',
    async (name) => {
      const answer = await post({ text: `{"name": "x", "metadata": {"${name}": "1"}}` })
      expectProblem(answer, 'validation_failed')
      expect(answer.body.errors).toEqual([
        {
          path: `metadata.${JSON.parse(`"${name}"`)}`,
          message: 'This name is reserved: choose another one',
        },
      ])
    },
  )
  it('takes what only looks like a reserved name, and keeps it', async () => {
    const metadata = { toString: '1', hasOwnProperty: '2', prototype: '3', Constructor: '4', note: 'a constructor' }
    const answer = await post({ body: { name: '__proto__', metadata } })
    expect(answer.status).toBe(201)
    const read = await api.call(key, 'GET', `/v1/sessions/${answer.body.id}`)
    expect(read.body).toMatchObject({ name: '__proto__', metadata })
  })
  it('says that a packed body is not accepted', async () => {
    const answer = await post({ body: { name: 'x' }, headers: { 'Content-Encoding': 'gzip' } })
    expectProblem(answer, 'unsupported_media_type')
    expect(answer.body.detail).toContain('Content-Encoding')
    expect((await post({ body: { name: 'x' }, headers: { 'Content-Encoding': 'identity' } })).status).toBe(201)
  })
  it('takes whole pairs and other languages', async () => {
    const answer = await post({ text: '{"name": "\\ud83d\\ude00 \u0645\u0631\u062d\u0628\u0627"}' })
    expect(answer.body.name).toBe('😀 مرحبا')
  })
  it('a megabyte of unknown fields gets a short answer', async () => {
    const body = Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`x${n}`, 1]))
    const answer = await post({ body })
    expectProblem(answer, 'validation_failed')
    expect(answer.raw.body.length).toBeLessThan(10_000)
  })
  it('takes an empty body as {} and says what is missing', async () => {
    const answer = await post({})
    expect(answer.body.errors).toEqual([{ path: 'name', message: 'Required' }])
    expect(answer.body.param).toBe('name')
  })
  it('refuses a null or an array instead of an object', async () => {
    expectProblem(await post({ text: 'null' }), 'validation_failed')
    expectProblem(await post({ text: '[]' }), 'validation_failed')
  })
})

describe('queries and headers', () => {
  it.each(['limit=0', 'limit=101', 'limit=abc', 'limit=1&limit=2', 'colour=red', 'status=gone'])(
    'refuses ?%s',
    async (query) => {
      expectProblem(await api.call(key, 'GET', `/v1/sessions?${query}`), 'validation_failed')
    },
  )
  it.each([
    ['sessions?limit=abc', 'Not a number'],
    ['sessions?limit=1.5', 'Not a whole number'],
    ['messages?since=yesterday', 'Not an ISO 8601 time with Z or an offset, like 2026-11-21T10:00:00Z'],
    ['sessions?colour=red', 'Unknown query parameter'],
    ['usage?from=2026-02-31', 'Not a date, like 2026-11-21'],
    ['audit-log?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'Must not be after to'],
  ])('says what is wrong with /v1/%s', async (path, message) => {
    expect((await api.call(key, 'GET', `/v1/${path}`)).body.errors).toMatchObject([{ message }])
  })
  it.each([
    'to=0001-01-01T00:00:00Z',
    'from=0001-01-01T00:00:00Z',
    'from=9999-12-31T00:00:00Z&to=9999-12-31T00:00:00Z',
  ])('a time that no row can have finds nothing: %s', async (query) => {
    for (const resource of ['', '&resource=x', '&actor=x'])
      expect((await api.call(key, 'GET', `/v1/audit-log?${query}${resource}`)).status).toBe(200)
  })
  it.each(['__proto__=1', 'constructor=1', 'toString=1', '=1'])('refuses the parameter ?%s', async (query) => {
    expectProblem(await api.call(key, 'GET', `/v1/sessions?${query}`), 'validation_failed')
  })
  it('refuses parameters where there are none', async () => {
    expectProblem(await api.call(key, 'GET', '/v1/tenant?limit=1'), 'validation_failed')
  })
  it.each(['garbage', 'AAAA', Buffer.alloc(40, 7).toString('base64url')])('refuses the cursor %s', async (cursor) => {
    expectProblem(await api.call(key, 'GET', `/v1/sessions?cursor=${cursor}`), 'invalid_cursor')
  })
  it('refuses an Idempotency-Key that is too long or not ASCII', async () => {
    for (const bad of ['x'.repeat(256), 'ключ', ' ']) {
      const answer = await api.call(key, 'POST', '/v1/sessions', {
        body: { name: 'a' },
        headers: { 'Idempotency-Key': bad },
      })
      expectProblem(answer, 'validation_failed')
      expect(answer.body.errors[0].path).toBe('Idempotency-Key')
    }
  })
})

describe('rights', () => {
  it('keeps platform and tenant operations apart', async () => {
    expectProblem(await api.call(key, 'GET', '/v1/tenants'), 'forbidden')
    expectProblem(await api.call(api.adminKey, 'GET', '/v1/sessions'), 'forbidden')
  })
  it('health needs no key', async () => {
    expect((await api.call(null, 'GET', '/v1/health')).body).toEqual({ status: 'ok', version: 'test' })
  })
})

describe('browsers and floods', () => {
  it('only pages of allowed origins may read answers, refusals too', async () => {
    const ask = (origin: string, path = '/v1/tenant') => api.call(key, 'GET', path, { headers: { Origin: origin } })
    const allowed = await ask('https://console.example.com')
    expect(allowed.headers).toMatchObject({
      'Access-Control-Allow-Origin': 'https://console.example.com',
      Vary: 'Origin',
    })
    expect(
      (await ask('https://console.example.com', '/v1/nothing')).headers['Access-Control-Allow-Origin'],
    ).toBeDefined()
    for (const origin of ['https://evil.example.com', 'https://console.example.com.evil.com', 'null', '*']) {
      const answer = await ask(origin)
      expect(answer.headers['Access-Control-Allow-Origin']).toBeUndefined()
      expect(answer.headers.Vary).toBe('Origin')
    }
  })
  it('hundreds of headers and parameters change nothing', async () => {
    const headers = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`X-Flood-${n}`, 'x'.repeat(200)]))
    expect((await api.call(key, 'GET', '/v1/tenant', { headers })).status).toBe(200)
    const query = Array.from({ length: 500 }, (_, n) => `x${n}=1`).join('&')
    const answer = await api.call(key, 'GET', `/v1/sessions?${query}`)
    expectProblem(answer, 'validation_failed')
    expect(answer.raw.body.length).toBeLessThan(10_000)
  })
  it('a wide and a deep megabyte are answered at once, without exhausting anything', async () => {
    const wide = `{"name":"a","metadata":{${Array.from({ length: 50_000 }, (_, n) => `"k${n}":"v"`).join(',')}}}`
    const deep = `{"name":${'{"a":'.repeat(60_000)}1${'}'.repeat(60_000)}}`
    for (const text of [wide, deep]) {
      const started = performance.now()
      expect((await api.call(key, 'POST', '/v1/sessions', { text })).status).toBe(400)
      expect(performance.now() - started).toBeLessThan(10_000)
    }
  })
})

it('a body of null is none that an operation takes, also where a body is optional', async () => {
  const { key: own, id } = await api.newTenant()
  expectProblem(await api.call(own, 'POST', '/v1/sessions', { text: 'null' }), 'validation_failed')
  const suspend = () => api.call(api.adminKey, 'POST', `/v1/tenants/${id}/suspend`, { text: 'null' })
  expectProblem(await suspend(), 'validation_failed')
})
