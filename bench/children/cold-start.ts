import { pathToFileURL } from 'node:url'

/** A fresh process: imports one bundle, says how long that took and what it left in memory. */
const [file] = process.argv.slice(2)
const before = process.cpuUsage()
const started = performance.now()
const module = await import(pathToFileURL(file!).href)
const importMs = performance.now() - started
const { user, system } = process.cpuUsage(before)
if (typeof module.handler !== 'function') throw new Error(`${file} exports no handler`)
const { heapUsed, rss } = process.memoryUsage()
process.stdout.write(`${JSON.stringify({ importMs, cpuMs: (user + system) / 1000, heapUsed, rss })}\n`, () =>
  // Clients and timers of a lambda live as long as its environment.
  process.exit(0),
)
