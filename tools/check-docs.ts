import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/**
 * Documents must tell the truth: every promise in docs/guarantees.md and docs/baileys-requirements.md names a test that
 * exists, every dependency has its line in docs/dependencies.md, every relative link leads somewhere, and everything that
 * can go wrong with a deployment has a test and a heading in a runbook.
 */
const problems: string[] = []
const read = (path: string): string => readFileSync(path, 'utf8')

const markdownFiles = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return markdownFiles(path)
    return name.endsWith('.md') ? [path] : []
  })

const checkLinks = (path: string): void => {
  for (const [, target] of read(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
    if (!target || /^[a-z]+:/.test(target)) continue
    const file = normalize(join(dirname(path), target))
    if (!existsSync(file)) problems.push(`${path}: link to ${target} leads nowhere`)
  }
}

/** A test id is `path/to/file.test.ts › words that occur in the test's name`. */
const checkGuarantees = (path: string): void => {
  for (const [, file, words] of read(path).matchAll(/`([\w./-]+\.(?:test|long)\.ts) › ([^`]+)`/g)) {
    if (!existsSync(file!)) problems.push(`${path}: ${file} does not exist`)
    else if (!read(file!).includes(words!)) problems.push(`${path}: ${file} has no test named "${words}"`)
  }
}

const checkBadInput = (path: string): void => {
  const section = read(path)
    .split(/^## /m)
    .find((part) => part.startsWith('What refuses'))
  const rows = (section ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
  if (rows.length < 10) problems.push(`${path}: no table of what refuses and what recovers`)
  for (const row of rows) {
    const [, what] = row.split('|')
    const link = /\]\((runbooks\/[a-z-]+\.md)#([a-z-]+)\)/.exec(row)
    if (!row.includes(' › ')) problems.push(`${path}: no test for "${what!.trim()}"`)
    if (!link || !read(join(dirname(path), link[1]!)).includes(`\n## ${link[2]}\n`))
      problems.push(`${path}: no heading in a runbook for "${what!.trim()}"`)
  }
}

const checkDependencies = (path: string): void => {
  const manifest = JSON.parse(read('package.json'))
  const text = read(path)
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'])
    for (const [name, version] of Object.entries<string>(manifest[kind] ?? {})) {
      if (!text.includes(`\`${name}\``)) problems.push(`${path}: no line says why ${name} is there`)
      if (!/^\d/.test(version)) problems.push(`package.json: ${name} is not pinned exactly (${version})`)
    }
  if (/"resolved":/.test(read('package-lock.json'))) problems.push('package-lock.json holds download addresses')
}

/** `npm ci` refuses a lock file that leaves out another platform's package; `npm install` writes such a file silently. */
const checkLock = (): void => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)))
  for (const [path, { optionalDependencies }] of Object.entries(packages))
    for (const name of Object.keys(optionalDependencies ?? {}))
      if (!locked.has(name))
        problems.push(`package-lock.json: ${path || 'package.json'} needs ${name}, which is not in it`)
}

for (const path of ['README.md', 'CHANGELOG.md', ...markdownFiles('docs')]) checkLinks(path)
checkGuarantees('docs/guarantees.md')
checkGuarantees('docs/baileys-requirements.md')
checkGuarantees('docs/deploy.md')
checkBadInput('docs/deploy.md')
checkDependencies('docs/dependencies.md')
checkLock()
for (const problem of problems) console.error(problem)
process.exitCode = problems.length ? 1 : 0
