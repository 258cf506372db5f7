import { X509Certificate } from 'node:crypto'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/**
 * The library fetches files with node's own `fetch` and uploads them with node:https, neither of which takes a CA from us:
 * the media host of a test server is trusted by the whole process, beside everything it trusts anyway.
 */
export const trustMediaCa = (certificate: string): void => {
  setDefaultCACertificates([...getCACertificates('default'), toPem(certificate)])
}

/** @param certificate PEM, or its base64 alone on one line, as a parameter of a deployment takes it */
export const toPem = (certificate: string): string => {
  if (certificate.includes('-----BEGIN')) return certificate
  return new X509Certificate(Buffer.from(certificate, 'base64')).toString()
}
