import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/**
 * The library fetches files with node's own `fetch` and uploads them with node:https, neither of which takes a CA from us:
 * the media host of a test server is trusted by the whole process, beside everything it trusts anyway.
 */
export const trustMediaCa = (pem: string): void => {
  setDefaultCACertificates([...getCACertificates('default'), pem])
}
