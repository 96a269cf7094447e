import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeManifest, formatJson, type JsonValue } from '@hyperware/protocol'
import { buildPackage, type BuiltPackage, bundlePackages } from '../../../node/kit/index.ts'
import { readBundle } from '../../../node/modules/vfs/bundled-packages.ts'
import {
  BUILD_MS,
  bundleOf,
  CACHE,
  HELLO,
  OUR_NAME,
  type PackageNode,
  startPackageNode,
  TERMINAL,
} from './package-node.ts'

/** Packages installed on a node that runs, on a real kernel with real components. */

const PROCESS = 'hello:hello:example.os'

let node: PackageNode
let terminal: Uint8Array
let built: BuiltPackage

beforeAll(async () => {
  terminal = await bundleOf(TERMINAL)
  built = await buildPackage(HELLO, { cacheFolder: CACHE })
  node = await startPackageNode({ bundle: terminal })
}, BUILD_MS)

afterAll(() => node?.stop())

const hi = async () => (await node.line(`m our@${PROCESS} hi -a 60`)).output

describe('a package', () => {
  test('is installed, holds what its manifest asks for, and answers', async () => {
    expect(await node.install(bundlePackages([built]))).toEqual({
      package: 'hello:example.os',
      processes: [PROCESS],
      replaced: false,
    })
    expect(await hi()).toBe('{"heard":"hi","greetings":1}')
    const { output } = await node.line(`top ${PROCESS} -c`)
    expect(output.split('\n').slice(-4)).toEqual([
      `    ${OUR_NAME}@${PROCESS} "messaging"`,
      `    ${OUR_NAME}@timer:distro:sys "messaging"`,
      `    ${OUR_NAME}@vfs:distro:sys {"kind":"read","drive":"/hello:example.os/pkg"}`,
      `    ${OUR_NAME}@vfs:distro:sys {"kind":"write","drive":"/hello:example.os/pkg"}`,
    ])
    expect((await node.line('top timer:distro:sys -c')).output).toContain(`${OUR_NAME}@${PROCESS} "messaging"`)
  })

  test('that is installed again is replaced, and its state stays', async () => {
    expect(await node.install(bundlePackages([built]))).toMatchObject({ replaced: true })
    expect(await hi()).toBe('{"heard":"hi","greetings":2}')
  })

  test('loses the processes that a new version no longer has', async () => {
    await node.install(changed({ manifest: twoProcesses() }))
    const ids = async () => (await node.kernel.diagnostics()).map(({ id }) => id)
    expect(await ids()).toContain('second:hello:example.os')
    await node.install(bundlePackages([built]))
    expect(await ids()).not.toContain('second:hello:example.os')
  })

  test('is there after a restart of the node, with its state and its rights', async () => {
    await node.stop()
    node = await startPackageNode({ bundle: terminal, home: node.home })
    expect(await hi()).toBe('{"heard":"hi","greetings":3}')
  })
})

/** The example with other metadata, another manifest or other files. */
function changed({
  metadata = built.metadata,
  manifest,
  files = {},
}: {
  metadata?: JsonValue
  manifest?: string
  files?: Readonly<Record<string, Uint8Array>>
}): Uint8Array {
  const [own] = readBundle(bundlePackages([built]))
  const kept = (own?.files ?? []).map(({ path, bytes }) => [path.join('/'), bytes] as const)
  const entries = { ...Object.fromEntries(kept), ...files }
  if (manifest !== undefined) entries['manifest.json'] = Buffer.from(manifest)
  return zipSync({
    'file_to_metadata.json': Buffer.from(formatJson({ 'hello.zip': metadata })),
    'hello.zip': zipSync(entries),
  })
}

function manifestOf(...names: readonly string[]): string {
  return formatJson(
    names.map((name) => ({
      process_name: name,
      process_wasm_path: '/hello.wasm',
      on_exit: 'Restart',
      request_networking: false,
      request_capabilities: [],
      grant_capabilities: [],
      public: false,
    })),
  )
}

function twoProcesses(): string {
  const manifest = manifestOf('hello', 'second')
  expect(decodeManifest(manifest).ok).toBe(true)
  return manifest
}

const named = (name: string, publisher: string, witVersion = 1): JsonValue => ({
  properties: { package_name: name, publisher, wit_version: witVersion },
})

/** The processes that have names; scripts have numbers, and end by themselves. */
async function lasting(): Promise<readonly string[]> {
  const ids = (await node.kernel.diagnostics()).map(({ id }) => id)
  return ids.filter((id) => !/^\d/.test(id))
}

/** A `scripts.json` with one script that asks for nothing. */
function scriptsOf(file: string): Uint8Array {
  const entry = { root: false, public: true, request_networking: false, request_capabilities: null }
  return Buffer.from(JSON.stringify({ [file]: { ...entry, grant_capabilities: null, wit_version: 1 } }))
}

describe('is refused before anything changes:', () => {
  test.each<[string, () => Uint8Array, string, string]>([
    ['no zip', () => Buffer.from('hello'), 'package-unreadable', 'Cannot install package: Cannot read zip: '],
    [
      'an empty bundle',
      () => bundlePackages([]),
      'not-one-package',
      'the bundle holds 0 packages with a manifest.json',
    ],
    ['a package of the node itself', () => terminal, 'package-protected', 'Cannot install terminal:sys: packages of'],
    [
      'another package of its publisher',
      () => changed({ metadata: named('spy', 'sys') }),
      'package-protected',
      'Cannot install spy:sys: ',
    ],
    [
      'a newer world',
      () => changed({ metadata: named('hello', 'example.os', 2) }),
      'world-too-new',
      'its wit_version is 2, expected at most 1',
    ],
    [
      'a process name outside the alphabet',
      () => changed({ manifest: manifestOf('Hello World') }),
      'process-unnamable',
      'Cannot install "Hello World:hello:example.os": a process name is made of a-z',
    ],
    [
      'a process twice',
      () => changed({ manifest: manifestOf('hello', 'hello') }),
      'process-twice',
      'Cannot install hello:hello:example.os: its manifest lists it twice',
    ],
    [
      'a component that is missing',
      () => changed({ manifest: manifestOf('hello').replace('/hello.wasm', '/other.wasm') }),
      'component-missing',
      'Cannot install hello:hello:example.os: its package holds no "other.wasm"',
    ],
    [
      'a component that is none',
      () => changed({ files: { 'hello.wasm': Buffer.from('not wasm') } }),
      'component-refused',
      'Cannot install hello:hello:example.os: ',
    ],
    [
      'a script that is no component',
      () => changed({ files: { 'greet.wasm': Buffer.from('not wasm'), 'scripts.json': scriptsOf('greet.wasm') } }),
      'component-refused',
      'Cannot install greet.wasm of hello:example.os: Cannot load component: ',
    ],
    [
      'a file that the disk does not take',
      () => changed({ files: { ['x'.repeat(300)]: Buffer.from('a name that no disk takes') } }),
      'drive-unwritable',
      'Cannot install hello:example.os: its files cannot be written: ENAMETOOLONG',
    ],
  ])('%s', async (_, bundle, code, words) => {
    const before = await lasting()
    const failed = node.install(bundle())
    await expect(failed).rejects.toMatchObject({ problem: { code } })
    await expect(failed).rejects.toThrow(words)
    expect(await lasting()).toEqual(before)
  })

  test('a second package while one is being installed', async () => {
    const first = node.install(bundlePackages([built]))
    await expect(node.install(bundlePackages([built]))).rejects.toMatchObject({
      problem: { code: 'installing-already' },
    })
    expect(await first).toMatchObject({ replaced: true })
  })
})

describe('a package that is uninstalled', () => {
  const ids = async () => (await node.kernel.diagnostics()).map(({ id }) => id)
  const ofHello = async () => (await ids()).filter((id) => id.endsWith(':hello:example.os'))
  const drive = () => join(node.home, 'vfs/hello:example.os')

  test('is gone: its processes, their rights, and its files', async () => {
    await node.install(changed({ manifest: twoProcesses() }))
    expect(await node.uninstall('hello:example.os')).toEqual({
      package: 'hello:example.os',
      processes: [PROCESS, 'second:hello:example.os'],
    })
    expect(await ofHello()).toEqual([])
    expect(await readdir(drive())).toEqual([])
    expect((await node.line('top timer:distro:sys -c')).output).not.toContain(PROCESS)
    expect((await node.ask(PROCESS, 'hi', 2)) as unknown).toHaveProperty('error')
  })

  test('stays gone when the node starts again', async () => {
    await node.stop()
    node = await startPackageNode({ bundle: terminal, home: node.home })
    expect(await ofHello()).toEqual([])
    expect(await readdir(drive())).toEqual([])
  })

  test('finds its state when it is installed again', async () => {
    expect(await node.install(bundlePackages([built]))).toMatchObject({ replaced: false })
    expect(JSON.parse(await hi())).toMatchObject({ greetings: 4 })
  })

  test('keeps what its processes put into other drives', async () => {
    await mkdir(join(drive(), 'notes'))
    await writeFile(join(drive(), 'notes/one'), 'kept')
    await node.uninstall('hello:example.os')
    expect(await readdir(drive(), { recursive: true })).toEqual(['notes', 'notes/one'])
  })

  test('can be what a killed uninstall left of it: files without processes, or processes without files', async () => {
    await node.install(bundlePackages([built]))
    for (const id of await ofHello()) await node.ask('kernel:distro:sys', `{"KillProcess":"${id}"}`)
    expect(await node.uninstall('hello:example.os')).toMatchObject({ processes: [] })
    await node.install(bundlePackages([built]))
    await rm(join(drive(), 'pkg'), { recursive: true })
    expect(await node.uninstall('hello:example.os')).toMatchObject({ processes: [PROCESS] })
    expect(await ofHello()).toEqual([])
  })

  test.each([
    ['hello:example.os', 'package-unknown', 'Cannot uninstall hello:example.os: no such package is installed'],
    ['terminal:sys', 'package-protected', 'Cannot uninstall terminal:sys: it comes with the node, and stays'],
    ['distro:sys', 'package-protected', 'Cannot uninstall distro:sys: it comes with the node, and stays'],
    ['hello', 'bad-package-id', 'Cannot uninstall "hello": expected package:publisher, such as hello:example.os'],
    ['..:example.os', 'bad-package-id', 'Cannot uninstall "..:example.os": expected package:publisher'],
    ['a:hello:example.os', 'bad-package-id', 'Cannot uninstall "a:hello:example.os": expected package:publisher'],
    ['hello:Example.os', 'bad-package-id', 'Cannot uninstall "hello:Example.os": expected package:publisher'],
  ])('is not %s', async (id, code, words) => {
    const before = await lasting()
    const failed = node.uninstall(id)
    await expect(failed).rejects.toMatchObject({ problem: { code } })
    await expect(failed).rejects.toThrow(words)
    expect(await lasting()).toEqual(before)
  })

  test('waits for its turn', async () => {
    const first = node.install(bundlePackages([built]))
    await expect(node.uninstall('hello:example.os')).rejects.toMatchObject({ problem: { code: 'installing-already' } })
    await first
    const gone = node.uninstall('hello:example.os')
    await expect(node.install(bundlePackages([built]))).rejects.toMatchObject({
      problem: { code: 'installing-already' },
    })
    await gone
  })
})

test('a package that the node boots with is not uninstalled, whoever its publisher is', async () => {
  const own = await startPackageNode({ bundle: bundlePackages([built]) })
  try {
    await expect(own.uninstall('hello:example.os')).rejects.toMatchObject({ problem: { code: 'package-protected' } })
  } finally {
    await own.stop()
  }
})
