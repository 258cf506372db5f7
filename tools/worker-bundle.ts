import type { BuildOptions } from 'esbuild'
import { commonBundleOptions } from './lambda-bundle.ts'
import { writeAtomically } from './write-atomically.ts'

/**
 * The worker and the two helpers it starts, beside each other, as session-task/media/channels.ts expects them. Its image
 * has node_modules: packages stay outside, Baileys' assets, sharp's libraries and WebAssembly stay findable.
 */
export const workerBundleOptions = (root: string) =>
  ({
    ...commonBundleOptions(root),
    packages: 'external',
    plugins: [writeAtomically],
    entryPoints: [
      { in: 'session-task/main.ts', out: 'main' },
      { in: 'session-task/media/media-thread.ts', out: 'media-thread' },
      { in: 'session-task/media/preview-process.ts', out: 'preview-process' },
    ],
    outdir: 'dist/session-task',
  }) as const satisfies BuildOptions
