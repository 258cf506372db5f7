import { WA_CERT_DETAILS } from '@whiskeysockets/baileys'
import './repairs/curve-verify.ts'

const DEFAULT_ROOT = Buffer.from(WA_CERT_DETAILS.PUBLIC_KEY)

/**
 * The public key that must have signed the server's certificate, for the whole process: a worker serves one mode only.
 * @param hex 64 hex digits; null: WhatsApp's own root
 */
export const setTrustRoot = (hex: string | null): void => {
  if (hex !== null && !/^[0-9a-fA-F]{64}$/.test(hex)) throw new RangeError('a trust root is 64 hex digits')
  WA_CERT_DETAILS.PUBLIC_KEY = hex === null ? DEFAULT_ROOT : Buffer.from(hex, 'hex')
}
