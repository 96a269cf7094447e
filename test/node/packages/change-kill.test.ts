import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { readBundle } from '../../../node/modules/vfs/bundled-packages.ts'
import { linesUntilKilled } from '../../helpers/until-killed.ts'
import type { Found } from './change-until-killed.ts'
import { bundleOf, HELLO } from './package-node.ts'

/** Nodes killed while they change a package, each followed by another on the same home. */

const CHILD = join(import.meta.dirname, 'change-until-killed.ts')
const RANDOM_KILLS = Number(process.env['PACKAGE_KILLS'] ?? 2)
/** Far more than it takes where nothing else runs: each node loads and boots anew. */
const PATIENCE_MS = 240_000
/** To message itself and the http-server, and two for its drive. */
const RIGHTS = 4
const FINISHED = ['package-change-finished']

let bundles: string

/** Two versions of one package: a process that both have, and one of each alone. */
beforeAll(async () => {
  bundles = await mkdtemp(join(tmpdir(), 'hyperware-versions-'))
  process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '../../../cache/compiled') // of the children
  const [hello] = readBundle(await bundleOf(HELLO))
  if (hello === undefined) throw new Error('the bundle is empty')
  const files = Object.fromEntries(hello.files.map(({ path, bytes }) => [path.join('/'), bytes]))
  const asker = ['http-server:distro:sys']
  const entryOf = (name: string): object => ({
    process_name: name,
    process_wasm_path: '/hello.wasm',
    on_exit: 'Restart',
    request_networking: false,
    request_capabilities: asker,
    grant_capabilities: asker,
    public: false,
  })
  const text = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
  for (const version of ['1', '2']) {
    const manifest = text([entryOf('hello'), entryOf(`only-${version}`)])
    const zip = zipSync({ ...files, 'manifest.json': manifest, version: Buffer.from(version) })
    const index = { 'hello.zip': { properties: { package_name: 'hello', publisher: 'example.os', wit_version: 1 } } }
    await writeFile(join(bundles, version), zipSync({ 'file_to_metadata.json': text(index), 'hello.zip': zip }))
  }
  return () => rm(bundles, { recursive: true })
}, PATIENCE_MS)

type Change = 'update' | 'uninstall'
type Round = { readonly found: Found | undefined; readonly last: string }

/** A home in which nodes follow one another. */
async function useHome(use: (home: Home) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hyperware-changes-'))
  await use(createHome(folder))
  await rm(folder, { recursive: true })
}

type Home = ReturnType<typeof createHome>

function createHome(home: string) {
  /** How often each process has answered, which it keeps as its state. */
  const answers = new Map<string, number>()
  return {
    /** Boots a node that stops before a step, counted from its boot or from its change, for the kill. */
    async killedBefore(step: number, change: Change, counted: 'boot' | 'change' = 'change'): Promise<Round> {
      const stopped = (output: string): boolean => /^(at .+|done)\n/m.test(output)
      return read(await linesUntilKilled(CHILD, [home, bundles, change, counted, String(step)], 0, stopped))
    },
    async killedAfter(ms: number, change: Change): Promise<Round> {
      const begins = (output: string): boolean => output.includes('begins\n')
      return read(await linesUntilKilled(CHILD, [home, bundles, change, 'change', '0'], ms, begins))
    },
    /** A version of the package as a whole, all of it running with what it kept; or nothing at all. */
    expected(version: string | null, logged: readonly string[]): Found {
      const names = version === null ? [] : ['hello', `only-${version}`]
      const processes = names.map((name) => {
        const id = `${name}:hello:example.os`
        answers.set(id, (answers.get(id) ?? 0) + 1)
        return [id, { rights: RIGHTS, answers: answers.get(id) ?? 0 }] as const
      })
      return { version, processes: Object.fromEntries(processes), left: [], logged }
    },
  }
}

function read(lines: readonly string[]): Round {
  const found = lines.find((line) => line.startsWith('found '))
  return { found: found === undefined ? undefined : (JSON.parse(found.slice(6)) as Found), last: lines.at(-1) ?? '' }
}

const other = (version: string | null): string => (version === '1' ? '2' : '1')

/** Kills a node before each step in turn, until one comes to its end. Gives the kinds of steps that there were. */
async function killBeforeEachStep(home: Home, change: Change): Promise<ReadonlySet<string>> {
  const kinds = new Set<string>()
  let version: string | null = null
  let logged: readonly string[] = []
  for (let step = 1; ; step += 1) {
    const { found, last } = await home.killedBefore(step, change)
    expect(found, `at the boot before "${last}"`).toEqual(home.expected(version, logged))
    const begun = kinds.has('at begin')
    if (begun) version = change === 'update' ? other(version) : null
    else if (change === 'uninstall') version = '1' // the child installs it first
    logged = begun && last !== 'done' ? FINISHED : []
    if (last === 'done') return kinds
    kinds.add(last)
  }
}

describe.concurrent('a node that is killed', { timeout: PATIENCE_MS }, () => {
  test('before any step of an update has the old version, and from the intent on the new one', async () => {
    await useHome(async (home) => {
      const kinds = await killBeforeEachStep(home, 'update')
      expect([...kinds]).toEqual(['at stage', 'at begin', 'at ask', 'at place', 'at tell', 'at end'])
    })
  })

  test('before any step of an uninstall has the package, and from the intent on only what that kept', async () => {
    await useHome(async (home) => {
      const kinds = await killBeforeEachStep(home, 'uninstall')
      expect([...kinds]).toEqual(['at ask', 'at begin', 'at remove', 'at end'])
      const gone = await home.killedBefore(Infinity, 'update')
      expect(gone).toEqual({ found: home.expected(null, []), last: 'done' })
      expect((await home.killedBefore(1, 'update')).found).toEqual(home.expected('1', []))
    })
  })

  test('again and again while it finishes an update has the new version in the end', async () => {
    await useHome(async (home) => {
      expect((await home.killedBefore(Infinity, 'update')).last).toBe('done')
      expect((await home.killedBefore(6, 'update')).found).toEqual(home.expected('1', []))
      let kills = 0
      for (let step = 2; ; step += 5, kills += 1) {
        const { found } = await home.killedBefore(step, 'update', 'boot')
        if (found === undefined) continue
        expect(found).toEqual(home.expected('2', FINISHED))
        break
      }
      expect(kills).toBeGreaterThan(1)
    })
  })

  test(`${RANDOM_KILLS} times at random moments of an update has one version, as a whole`, async () => {
    await useHome(async (home) => {
      expect((await home.killedBefore(Infinity, 'update')).last).toBe('done')
      let version: string | null = '1'
      for (let kill = 0; kill <= RANDOM_KILLS; kill += 1) {
        const afterMs = Math.floor(Math.random() * 250)
        const { found } = await home.killedAfter(afterMs, 'update')
        const versions = kill === 0 ? [version] : [version, other(version)]
        expect(versions, `kill ${kill}, next one after ${afterMs} ms`).toContain(found?.version)
        version = found?.version ?? null
        expect(found).toEqual(home.expected(version, found?.logged.length === 0 ? [] : FINISHED))
      }
    })
  })
})
