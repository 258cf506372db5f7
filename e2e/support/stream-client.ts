/**
 * A client of a stream, as a process of its own that a test can kill: URL, key and last id as arguments, one JSON line per
 * event on standard output. Ends when the connection does.
 */
const [, , url, key, lastEventId] = process.argv
const response = await fetch(url!, {
  headers: { authorization: `Bearer ${key}`, ...(lastEventId ? { 'last-event-id': lastEventId } : {}) },
})
if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
process.stdout.write(`${JSON.stringify({ open: true })}\n`)
let rest = ''
try {
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    rest += chunk
    const blocks = rest.split('\n\n')
    rest = blocks.pop()!
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)
      if (!data) continue
      const id = /^id: (.*)$/m.exec(block)?.[1] ?? null
      process.stdout.write(`${JSON.stringify({ id, event: JSON.parse(data[1]!) })}\n`)
    }
  }
} catch (error) {
  process.stderr.write(`the connection broke: ${String(error)}\n`)
}
