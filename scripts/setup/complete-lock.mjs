// Adds the optional packages for other platforms that a registry mirror did not offer, so that `npm ci` accepts the
// lockfile everywhere. Run it after an install that changed package-lock.json: node scripts/setup/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const added = []

/** The lockfile path that Node's resolution finds for `name` from the package at `from`, or undefined. */
function resolveEntry(from, name) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    const path = (base ? base + '/' : '') + 'node_modules/' + name
    if (lock.packages[path]) return path
    if (!base) return undefined
  }
}

/** `os` and `cpu` as platform packages put them into their names: `@scope/tool-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.split(/[-/]/)
  const os = ['darwin', 'linux', 'win32', 'freebsd', 'android', 'openharmony', 'netbsd', 'openbsd', 'sunos', 'aix']
  const cpu = {
    x64: 'x64',
    amd64: 'x64',
    arm64: 'arm64',
    arm: 'arm',
    ia32: 'ia32',
    ppc64: 'ppc64',
    s390x: 's390x',
    riscv64: 'riscv64',
  }
  return {
    os: os.filter((name) => words.includes(name)).slice(0, 1),
    cpu: words
      .filter((word) => cpu[word])
      .map((word) => cpu[word])
      .slice(0, 1),
  }
}

for (const [path, entry] of Object.entries(lock.packages)) {
  if (entry.link) continue
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const found = resolveEntry(path, name)
    if (found && lock.packages[found].version === version) continue
    if (found && !/^\d+\.\d+\.\d+$/.test(version)) continue
    const place = (found && path ? path + '/' : '') + 'node_modules/' + name
    const { os, cpu } = platformOf(name)
    lock.packages[place] = {
      version,
      ...(cpu.length && { cpu }),
      ...(entry.dev && { dev: true }),
      optional: true,
      ...(os.length && { os }),
    }
    added.push(`${name}@${version}`)
  }
}

const sorted = Object.keys(lock.packages).toSorted((a, b) => (a < b ? -1 : 1))
lock.packages = Object.fromEntries(sorted.map((path) => [path, lock.packages[path]]))
writeFileSync(file, JSON.stringify(lock, null, 2) + '\n')
console.log(`added ${added.length} entries${added.length ? ': ' + added.join(', ') : ''}`)
