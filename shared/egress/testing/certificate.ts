import { createPrivateKey } from 'node:crypto'

/** A self-signed certificate for hook.test and 127.0.0.1, valid from 2020 to 2120, for the tests of the guard. */
const CERTIFICATE = [
  'MIIBRzCB76ADAgECAgISZzAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlob29rLnRlc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAx',
  'MDEwMDAwMDBaMBQxEjAQBgNVBAMMCWhvb2sudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHYUZk0BzZKI75vd73ECrgrp',
  '8htCNj8mWR/jabydIBZP6JmrDleQBUJey2GDB6xcaoQQI83CrQp5Ig3uZJdino6jLzAtMBoGA1UdEQQTMBGCCWhvb2sudGVzdIcE',
  'fwAAATAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIGF1bfENSCgHGuhfewzJKKv8Xqwi5YLIDKdE5EyjbD4mAiA5',
  'LvHK8Ual6PGoMl64FSvf4JzJgm+cH/pCgUCCG5hOCw==',
].join('\n')

const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'dhRmTQHNkojvm93vcQKuCunyG0I2PyZZH-NpvJ0gFk8',
  y: '6JmrDleQBUJey2GDB6xcaoQQI83CrQp5Ig3uZJdino4',
  d: 'inTYx48BrJMRZ1hcSF0FbjfkDbfmtO8MSNlsDk68zXQ',
}

export const testCertificate = {
  cert: `-----BEGIN CERTIFICATE-----\n${CERTIFICATE}\n-----END CERTIFICATE-----\n`,
  key: createPrivateKey({ key: KEY, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }),
}
