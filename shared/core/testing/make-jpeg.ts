/** Headers of a JPEG of that size, and a byte of noise: nobody on the way decodes it. */
export const makeJpeg = (width: number, height: number, noise = 0): Buffer =>
  Buffer.from([
    ...[0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, noise],
    ...[0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0],
    ...[0xff, 0xd9],
  ])
