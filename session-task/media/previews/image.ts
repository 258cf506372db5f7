import type { Sharp } from 'sharp'
import type { Preview } from '../preview.ts'

/**
 * Photos of 16 MB have fewer, and what claims more is made to fill the memory: progressive and interlaced pictures are held
 * whole while they are decoded, at up to four bytes a pixel.
 */
const LARGEST_PIXELS = 64_000_000
const THUMBNAIL_PIXELS = 100
const THUMBNAIL_QUALITY = 60
const PICTURE_QUALITY = 85
/** Everything else (SVG, PDF, TIFF, …) stays closed: the more decoders, the more holes. */
const LOADERS = ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif']

/** Loaded when it is needed: without sharp's binary a message still goes, only without its preview. */
const openImage = async (source: string | Uint8Array): Promise<Sharp> => {
  const { default: sharp } = await import('sharp')
  sharp.cache(false)
  sharp.concurrency(1)
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: LOADERS })
  return sharp(source, { limitInputPixels: LARGEST_PIXELS, sequentialRead: true, failOn: 'error' })
}

/** @throws when it cannot be decoded, or has too many pixels */
export const previewImage = async (path: string): Promise<Preview> => {
  const image = await openImage(path)
  const { autoOrient } = await image.metadata()
  return { thumbnail: await drawThumbnail(image), width: autoOrient.width, height: autoOrient.height }
}

/** Of one frame of a video. */
export const shrinkFrame = async (frame: Uint8Array): Promise<string> => drawThumbnail(await openImage(frame))

const drawThumbnail = async (image: Sharp): Promise<string> => {
  const jpeg = await image
    .autoOrient()
    .resize(THUMBNAIL_PIXELS, THUMBNAIL_PIXELS, { fit: 'inside' })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: THUMBNAIL_QUALITY })
    .toBuffer()
  return jpeg.toString('base64')
}

/** The middle of a picture as a square JPEG. @throws when it cannot be decoded, or has too many pixels */
export const cutSquare = async (path: string, sidePixels: number): Promise<Uint8Array> => {
  const image = await openImage(path)
  return image
    .autoOrient()
    .resize(sidePixels, sidePixels, { fit: 'cover' })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: PICTURE_QUALITY })
    .toBuffer()
}
