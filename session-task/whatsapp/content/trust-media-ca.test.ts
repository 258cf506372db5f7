import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { expect, test } from 'vitest'
import { toPem } from './trust-media-ca.ts'

const pem = rootCertificates[0]!

test('a certificate on one line, without its padding, is the same certificate', () => {
  const line = pem.replace(/-----[A-Z ]+-----|\s|=/g, '')
  expect(new X509Certificate(toPem(line)).fingerprint256).toBe(new X509Certificate(pem).fingerprint256)
  expect(toPem(pem)).toBe(pem)
})

test('what is no certificate is refused at the start, not at the first file', () => {
  expect(() => toPem('bm90IGEgY2VydGlmaWNhdGU')).toThrow()
})
