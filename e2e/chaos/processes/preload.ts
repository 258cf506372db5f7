import { registerHooks } from 'node:module'

/**
 * `node --import` of worker processes: they run from their sources instead of their bundle, with the worker that obeys
 * the test. Nothing of the product knows of it.
 */
const ROOT = new URL('../../../', import.meta.url)
const BUNDLE = new URL('dist/session-task/main.mjs', ROOT).href
const MAIN = new URL('session-task/main.ts', ROOT).href
const WORKER = new URL('session-task/worker/worker.ts', ROOT).href
const OBEDIENT_WORKER = new URL('obedient-worker.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, nextResolve) => {
    const resolved = nextResolve(specifier, context)
    if (resolved.url === BUNDLE) return { ...resolved, url: MAIN, format: 'module-typescript' }
    if (resolved.url === WORKER && context.parentURL === MAIN) return { ...resolved, url: OBEDIENT_WORKER }
    return resolved
  },
})
