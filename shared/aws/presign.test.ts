import { expect, it } from 'vitest'
import { presignUrl } from './presign.ts'

it('signs what AWS documents as its example', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  const url = presignUrl({
    method: 'GET',
    url: new URL('https://examplebucket.s3.amazonaws.com/test.txt'),
    region: 'us-east-1',
    credentials: {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    },
    expiresInSeconds: 86_400,
    now: Date.UTC(2013, 4, 24),
  })
  expect(url).toContain('X-Amz-Date=20130524T000000Z')
  expect(new URL(url).searchParams.get('X-Amz-Signature')).toBe(
    'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c034957d157751f604d404',
  )
})

it('a header that was signed is named, another value of it is another signature', () => {
  const sign = (type: string) =>
    presignUrl({
      method: 'PUT',
      url: new URL('http://127.0.0.1:9000/bucket/a b/ü'),
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c/d+e' },
      expiresInSeconds: 60,
      now: 0,
      headers: { 'Content-Type': type, 'content-length': '5' },
    })
  const one = new URL(sign('image/png'))
  expect(one.pathname).toBe('/bucket/a%20b/%C3%BC')
  expect(one.searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host')
  expect(one.searchParams.get('X-Amz-Security-Token')).toBe('c/d+e')
  expect(new URL(sign('image/jpeg')).searchParams.get('X-Amz-Signature')).not.toBe(
    one.searchParams.get('X-Amz-Signature'),
  )
})
