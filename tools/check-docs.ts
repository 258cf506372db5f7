import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/**
 * Documents must tell the truth: every promise in docs/guarantees.md and docs/baileys-requirements.md names a test that
 * exists, every folder has its row in docs/architecture.md, every dependency has its line in docs/dependencies.md, every
 * relative link leads somewhere, and everything that can go wrong with a deployment has a test and a heading in a runbook.
 */
const problems: string[] = []
const read = (path: string): string => readFileSync(path, 'utf8')

const markdownFiles = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return markdownFiles(path)
    return name.endsWith('.md') ? [path] : []
  })

/** Anchors as GitHub makes them of headings. */
const anchorsOf = (path: string): Set<string> =>
  new Set(
    [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

const checkLinks = (path: string): void => {
  for (const [, target, anchor] of read(path).matchAll(/\]\(([^)#\s]*)(?:#([^)]*))?\)/g)) {
    if (/^[a-z]+:/.test(target!)) continue
    const file = target ? normalize(join(dirname(path), target)) : path
    if (!existsSync(file)) problems.push(`${path}: link to ${target} leads nowhere`)
    else if (anchor && file.endsWith('.md') && !anchorsOf(file).has(anchor))
      problems.push(`${path}: ${target} has no heading #${anchor}`)
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

/** Folders whose subfolders have a row of their own in docs/architecture.md; of all others one row is enough. */
const NAMED_ONE_BY_ONE = ['shared', 'session-task']
const NO_SOURCE = ['docs', 'node_modules', 'dist', 'cdk.out']

/** A row is `| folders | what | files to read first |`: all of them exist, and no folder is left out. */
const checkFolders = (path: string): void => {
  const named = new Set<string>()
  for (const [, first, last] of read(path).matchAll(/^\| (`[\w./-]+\/`.*?) \|.*\| (.*?) \|$/gm)) {
    const folders = [...first!.matchAll(/`([\w./-]+)\/`/g)].map((match) => match[1]!)
    for (const folder of folders) {
      named.add(folder)
      if (!existsSync(folder)) problems.push(`${path}: folder ${folder} does not exist`)
    }
    for (const [, file] of last!.matchAll(/`([\w./-]+)`/g))
      if (!folders.some((folder) => existsSync(join(folder, file!))))
        problems.push(`${path}: ${file} is not in ${folders.join(' or ')}`)
  }
  const subfolders = (folder: string): string[] =>
    readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((child) => statSync(child).isDirectory() && !child.startsWith('.') && !NO_SOURCE.includes(child))
  for (const folder of subfolders('.').flatMap((top) => (NAMED_ONE_BY_ONE.includes(top) ? subfolders(top) : [top])))
    if (![...named, 'lambdas'].includes(folder)) problems.push(`${path}: no row tells of ${folder}/`)
}

/** A file in backticks may be named by the end of its path, e.g. `session/outbox.ts`. */
const sourceFiles = ['bench', 'e2e', 'infra', 'lambdas', 'local', 'sdk', 'session-task', 'shared', 'simulator', 'tools']
  .flatMap((top) => readdirSync(top, { recursive: true, encoding: 'utf8' }).map((name) => `/${top}/${name}`))
  .filter((path) => path.endsWith('.ts'))

const checkSources = (path: string): void => {
  for (const [, named] of read(path).matchAll(/`([\w./-]+\.ts)`/g))
    if (!sourceFiles.some((file) => file.endsWith(`/${named}`))) problems.push(`${path}: there is no ${named}`)
}

/** Paths in backticks, from the root of the repository; with a star or a placeholder they are patterns. */
const checkPaths = (path: string): void => {
  for (const [, named] of read(path).matchAll(/`([\w.-]+\/[\w./-]*)`/g))
    if (!existsSync(named!)) problems.push(`${path}: ${named} does not exist`)
}

for (const path of ['README.md', 'CHANGELOG.md', 'sdk/README.md', 'simulator/README.md', ...markdownFiles('docs')]) {
  checkLinks(path)
  checkSources(path)
}
checkGuarantees('docs/guarantees.md')
checkGuarantees('docs/baileys-requirements.md')
checkFolders('docs/architecture.md')
checkPaths('docs/onboarding.md')
checkGuarantees('docs/deploy.md')
checkBadInput('docs/deploy.md')
checkDependencies('docs/dependencies.md')
checkLock()
for (const problem of problems) console.error(problem)
process.exitCode = problems.length ? 1 : 0
