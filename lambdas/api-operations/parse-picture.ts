import { pictureProblem } from '../../shared/core/square-jpeg.ts'
import { validationFault } from '../../shared/http/validate.ts'

const LIMITS = { sideMin: 64, sideMax: 1_280, bytesMax: 200 * 1_024 }

/** @returns the same text. @throws Fault validation_failed when it is no square JPEG of a fit size */
export const parsePicture = (imageBase64: string): string => {
  const problem = pictureProblem(Buffer.from(imageBase64, 'base64'), LIMITS)
  if (problem) throw validationFault([{ path: 'imageBase64', message: problem }])
  return imageBase64
}
