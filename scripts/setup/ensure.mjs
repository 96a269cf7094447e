// Makes a fresh clone ready before a command runs: installs what package-lock.json pins (the pinned Node among it), and
// with --test also what the tests need from Debian. Plain JavaScript without dependencies, since it runs on whatever
// Node (20 or later) the machine has, before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const stampFile = `${root}node_modules/.hyperware-install`
const manifests = [
  'package.json',
  'package-lock.json',
  'node/protocol/package.json',
  'deployments/package.json',
  'indexer/package.json',
  'node/package.json',
]

/** Says what happens on standard error, so that `--json` output stays alone on standard output. */
function say(text) {
  process.stderr.write(text + '\n')
}

/** Runs a command with its output on standard error; ends this process with the command's exit code when it fails. */
function run(command, args, hint) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (result.status === 0) return
  say(`Cannot run "${command} ${args.join(' ')}": ${result.error?.message ?? `exit code ${result.status}`}`)
  if (hint) say(`Hint: ${hint}`)
  process.exit(result.status || 1)
}

/** The hash of everything that decides what an install contains. */
function installStamp() {
  const hash = createHash('sha256')
  for (const file of manifests) hash.update(readFileSync(root + file)).update('\0')
  return hash.digest('hex')
}

function ensureInstall() {
  const stamp = installStamp()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  const startedAt = Date.now()
  say('setup    installing the packages that package-lock.json pins')
  run(
    'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'this step needs the npm registry, or a warm npm cache',
  )
  writeFileSync(stampFile, stamp)
  say(`setup    installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
}

/** Programs that the tests run, and the Debian packages they come in. */
const programs = [
  { path: '/usr/bin/chromium', name: 'Chromium', packages: ['chromium', 'fonts-dejavu-core'] },
  { path: '/usr/bin/ldb', name: "RocksDB's ldb", packages: ['rocksdb-tools'] },
]

function ensurePrograms() {
  const absent = programs.filter((program) => !existsSync(program.path))
  if (absent.length === 0) return
  const names = absent.map((program) => program.name).join(' and ')
  if (!existsSync('/usr/bin/apt-get')) {
    const paths = absent.map((program) => program.path).join(' and ')
    say(`Cannot install ${names}: /usr/bin/apt-get is absent, and the tests expect ${paths}`)
    say(`Hint: install ${names} with this system's package tool and link to ${paths}`)
    process.exit(1)
  }
  say(`setup    installing ${names} for the tests`)
  const sudo = process.getuid?.() === 0 ? [] : ['sudo']
  const apt = (...args) =>
    run([...sudo, 'apt-get'][0], [...sudo, 'apt-get', ...args].slice(1), 'this step needs root or sudo')
  apt('update', '-qq')
  apt('install', '-y', '-qq', '--no-install-recommends', ...absent.flatMap((program) => program.packages))
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  say(`Cannot set up with Node ${process.versions.node}: expected Node 20 or later`)
  process.exit(1)
}
ensureInstall()
if (process.argv.includes('--test')) ensurePrograms()
