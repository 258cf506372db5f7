import { jpeg, mp3, mp4, opus, pdf, webp } from './files.ts'

/** Every kind of file: bytes that are one, what is asked for, and what the contact's protobuf must say. */
export const KINDS = [
  {
    type: 'image',
    make: jpeg,
    mimetype: 'image/jpeg',
    part: { caption: 'Look' },
    field: 'imageMessage',
    says: { caption: 'Look' },
  },
  {
    type: 'video',
    make: mp4,
    mimetype: 'video/mp4',
    part: { caption: 'Watch', seconds: 3 },
    field: 'videoMessage',
    says: { caption: 'Watch', seconds: 3 },
  },
  {
    type: 'audio',
    make: mp3,
    mimetype: 'audio/mpeg',
    part: { seconds: 7 },
    field: 'audioMessage',
    says: { seconds: 7 },
  },
  {
    type: 'voice',
    make: opus,
    mimetype: 'audio/ogg',
    part: { seconds: 2, waveform: [1, 50, 100] },
    field: 'audioMessage',
    says: { ptt: true, mimetype: 'audio/ogg; codecs=opus', waveform: 'ATJk' },
  },
  {
    type: 'document',
    make: pdf,
    mimetype: 'application/pdf',
    part: { fileName: 'invoice.pdf' },
    field: 'documentMessage',
    says: { fileName: 'invoice.pdf' },
  },
  {
    type: 'sticker',
    make: webp,
    mimetype: 'image/webp',
    part: {},
    field: 'stickerMessage',
    says: { width: 512, height: 512 },
  },
] as const
