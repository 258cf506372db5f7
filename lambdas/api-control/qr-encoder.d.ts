/** The encoder alone, without the package's PNG and terminal writers; @types/qrcode does not describe it. */
declare module 'qrcode/lib/core/qrcode.js' {
  import type { QRCode, QRCodeOptions } from 'qrcode'

  export const create: (text: string, options: QRCodeOptions) => QRCode
}
