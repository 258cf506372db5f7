import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/** Makes this process trust the media host, as NODE_EXTRA_CA_CERTS does for a process of its own. */
export function trustMediaHost(pem: string): void {
  setDefaultCACertificates([...getCACertificates('default'), pem])
}
