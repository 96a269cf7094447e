// Runs after every install, under the pinned Node: lifecycle scripts find node_modules/.bin first on the path.
// An older system Node makes npm leave out optional native packages without a word (they ask for Node 22), so a
// second pass under the pinned Node fetches what the first one skipped.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'

const scope = 'node_modules/@nomicfoundation'
const isComplete = existsSync(scope) && readdirSync(scope).some((name) => name.startsWith('edr-'))

if (!isComplete && !process.env.HYPERWARE_POSTINSTALL) {
  const result = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
    stdio: 'inherit',
    env: {
      ...process.env,
      HYPERWARE_POSTINSTALL: '1',
      PATH: resolve('node_modules/.bin') + delimiter + process.env.PATH,
    },
  })
  process.exit(result.status ?? 1)
}
