import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createIntents, type Intent } from '../../../node/modules/packages/intent.ts'
import { collectLog } from '../log-lines.ts'
import { type PackageNode, startPackageNode } from './package-node.ts'

/** Nodes that find the intent of an earlier one. Their packages have files and no processes. */

const NOTES = 'notes:example.os'

let home: string
let node: PackageNode | undefined

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hyperware-finish-'))
})

afterEach(async () => {
  await node?.stop()
  node = undefined
  await rm(home, { recursive: true })
})

function bundle(files: Readonly<Record<string, string>> = {}, publisher = 'example.os'): Uint8Array {
  const zip = (entries: Readonly<Record<string, Uint8Array | string>>) =>
    zipSync(Object.fromEntries(Object.entries(entries).map(([name, content]) => [name, Buffer.from(content)])))
  const index = { 'notes.zip': { properties: { package_name: 'notes', publisher, wit_version: 1 } } }
  const own = zip({ 'manifest.json': '[]', ...files })
  return zip({ 'file_to_metadata.json': JSON.stringify(index), 'notes.zip': own })
}

async function leave(intent: Intent): Promise<void> {
  await createIntents(home, collectLog().log).begin(intent)
}

/** Boots on the home, once an earlier node has stopped. */
async function boot(): Promise<PackageNode> {
  await node?.stop()
  return (node = await startPackageNode({ home }))
}

const installed = async (): Promise<readonly string[]> => {
  return (await readdir(join(home, 'vfs', NOTES, 'pkg')).catch(() => [])).toSorted((a, b) => (a < b ? -1 : 1))
}
const hasIntent = (): Promise<boolean> =>
  access(join(home, '.package-intent')).then(
    () => true,
    () => false,
  )

test('an install that had begun is finished, while no other change has its turn, and said in one line', async () => {
  await leave({ kind: 'install', package: NOTES, bundle: bundle({ 'new.txt': 'new' }) })
  const { install, uninstall, finished, logged } = await boot()
  const refused = { problem: { code: 'installing-already' } }
  await expect(install(bundle())).rejects.toMatchObject(refused)
  await expect(uninstall(NOTES)).rejects.toMatchObject(refused)
  await finished
  expect(await installed()).toEqual(['manifest.json', 'new.txt', `${NOTES}.zip`])
  const fields = { change: 'install', package: NOTES }
  expect(logged).toEqual([{ level: 'info', event: 'package-change-finished', fields }])
  expect(await hasIntent()).toBe(false)
  expect(await install(bundle())).toMatchObject({ package: NOTES })
})

test('an uninstall that had begun is finished', async () => {
  await (await boot()).install(bundle())
  await leave({ kind: 'uninstall', package: NOTES })
  const { finished, logged } = await boot()
  await finished
  expect(await installed()).toEqual([])
  expect(logged).toMatchObject([{ event: 'package-change-finished', fields: { change: 'uninstall' } }])
  expect(await hasIntent()).toBe(false)
})

test('an uninstall that was done but for its intent is finished too', async () => {
  await leave({ kind: 'uninstall', package: NOTES })
  const { finished, logged } = await boot()
  await finished
  expect(logged).toMatchObject([{ event: 'package-change-finished', fields: { change: 'uninstall' } }])
  expect(await hasIntent()).toBe(false)
})

test.each<[string, Uint8Array, string]>([
  [
    'a file that the disk does not take',
    bundle({ ['x'.repeat(300)]: '' }),
    'its files cannot be written: ENAMETOOLONG',
  ],
  ['a package that is refused', bundle({}, 'sys'), 'packages of the publisher sys come with the node'],
  ['a bundle that is none', Buffer.from('PK'), 'Cannot install package: '],
])(
  'what cannot be finished, for %s, is reported at each boot until another change comes',
  async (_, given, problem) => {
    await leave({ kind: 'install', package: NOTES, bundle: given })
    for (let boots = 1; boots <= 2; boots += 1) {
      const { finished, logged } = await boot()
      await finished
      const hint = 'the next boot tries again, unless a package is installed or uninstalled before'
      const fields = { change: 'install', package: NOTES, problem: expect.stringContaining(problem), hint }
      expect(logged).toEqual([{ level: 'error', event: 'package-change-unfinished', fields }])
      expect(await hasIntent()).toBe(true)
    }
    await expect(node?.uninstall('other:example.os')).rejects.toMatchObject({ problem: { code: 'package-unknown' } })
    expect(await hasIntent()).toBe(true) // nothing was changed
    await node?.install(bundle())
    expect(await hasIntent()).toBe(false)
    expect((await boot()).logged).toEqual([])
  },
)

test('a damaged intent does not hold up a boot, and is told once', async () => {
  await writeFile(join(home, '.package-intent'), 'damaged')
  expect((await boot()).logged).toMatchObject([{ level: 'error', event: 'package-intent-damaged' }])
  const { logged, install } = await boot()
  expect(logged).toEqual([])
  expect(await install(bundle())).toMatchObject({ package: NOTES })
})

test('a change whose intent the disk does not take is refused, and changes nothing', async () => {
  const { install, uninstall } = await boot()
  await install(bundle({ 'old.txt': 'old' }))
  await mkdir(join(home, '.package-intent'))
  const refused = { problem: { code: 'intent-unwritable', package: NOTES, reason: expect.stringMatching(/^E/) } }
  await expect(install(bundle())).rejects.toMatchObject(refused)
  await expect(uninstall(NOTES)).rejects.toMatchObject(refused)
  expect(await installed()).toContain('old.txt')
  expect((await readdir(home)).filter((name) => /partial|unpacking/.test(name))).toEqual([])
})
