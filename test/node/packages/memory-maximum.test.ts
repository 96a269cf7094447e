import { join } from 'node:path'
import { decodeManifest, formatJson, type JsonValue } from '@hyperware/protocol'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { MEMORY_CEILING_BYTES } from '../../../node/kernel/limits.ts'
import { buildGuest, buildPackage, type BuiltPackage, bundlePackages } from '../../../node/kit/index.ts'
import { MEMORY_MAX_BYTES } from '../../../node/wasm/runner.ts'
import { beginningWith, measuring } from '../wasm/wat-guests.ts'
import { BUILD_MS, CACHE, type PackageNode, startPackageNode, TERMINAL } from './package-node.ts'

/** The way of `memory_max_bytes` from a package to the process that has no more. */

const MEBIBYTE = 1_048_576
const ABOVE = MEMORY_CEILING_BYTES + 1

let node: PackageNode
let lasting: Uint8Array
let script: Uint8Array

type Asked = {
  readonly process?: number
  readonly script?: number
  readonly component?: Uint8Array
  readonly scriptComponent?: Uint8Array
}

/** The package `NAME:example.os`, with a process and a script that take all memory they get. */
function packageOf(name: string, asked: Asked): BuiltPackage {
  const { process, script: ofScript, component = lasting, scriptComponent = script } = asked
  const maximum = (bytes: number | undefined): Record<string, JsonValue> => (bytes ? { memory_max_bytes: bytes } : {})
  const entry = { process_name: name, process_wasm_path: '/it.wasm', on_exit: 'None', public: true }
  const rights = { request_networking: false, request_capabilities: [], grant_capabilities: [] }
  const manifest = formatJson([{ ...entry, ...rights, ...maximum(process) }])
  const scripts = formatJson({
    'measure.wasm': { root: false, public: true, ...rights, wit_version: 1, ...maximum(ofScript) },
  })
  const files = { 'it.wasm': component, 'measure.wasm': scriptComponent }
  const read = decodeManifest(manifest)
  if (!read.ok) throw new Error(read.problem)
  return {
    id: { package: name, publisher: 'example.os' },
    zip: zipSync({ ...files, 'manifest.json': Buffer.from(manifest), 'scripts.json': Buffer.from(scripts) }),
    metadata: { properties: { package_name: name, publisher: 'example.os', wit_version: 1 } },
    manifest: read.value,
  }
}

/** The component with a section of its own that nobody reads. */
function padded(component: Uint8Array, bytes: number): Uint8Array {
  const size = [0, 7, 14, 21].map((shift) => ((bytes >>> shift) & 0x7f) | (shift < 21 ? 0x80 : 0))
  return Buffer.concat([component, Uint8Array.from([0, ...size]), new Uint8Array(bytes)])
}

const install = (name: string, asked: Asked) => node.install(bundlePackages([packageOf(name, asked)]))
const full = (bytes: number): string => `memory.grow gave -1 at ${String(bytes / 65_536).padStart(5, '0')} pages`

/** The processes that have names; scripts have numbers, and end by themselves. */
async function named(): Promise<readonly string[]> {
  const ids = (await node.kernel.diagnostics()).map(({ id }) => id)
  return ids.filter((id) => !/^\d/.test(id))
}

beforeAll(async () => {
  lasting = await measuring({ once: false })
  script = await measuring({ once: true })
  node = await startPackageNode({
    bundle: bundlePackages([
      await buildPackage(TERMINAL, { cacheFolder: CACHE }),
      packageOf('bundled', { process: 3 * MEBIBYTE, script: 2 * MEBIBYTE }),
      packageOf('greedy', { process: ABOVE, script: ABOVE }),
    ]),
  })
}, BUILD_MS)

afterAll(() => node?.stop())

describe('a process has what its package asks for, and hears at more:', () => {
  test('of a package that comes with the node', async () => {
    expect(await node.line('m our@bundled:bundled:example.os more -a 10')).toMatchObject({ output: full(3 * MEBIBYTE) })
    expect(node.prints).toContainEqual(expect.stringContaining(full(3 * MEBIBYTE)))
  })

  test('of a script whose component the terminal that starts it could not hold', async () => {
    await install('wide', { script: 7 * MEBIBYTE, scriptComponent: padded(script, 100 * MEBIBYTE) })
    expect(await node.line('measure:wide:example.os')).toEqual({ output: full(7 * MEBIBYTE), failed: false })
  })

  test.each([
    ['more than the default', 160 * MEBIBYTE],
    ['less', 5 * MEBIBYTE],
    ['nothing, which is the default', undefined],
  ])('of a package that is installed and asks for %s', async (_, asked) => {
    await install('installed', asked === undefined ? {} : { process: asked })
    const expected = full(asked ?? MEMORY_MAX_BYTES)
    expect(await node.line('m our@installed:installed:example.os more -a 10')).toMatchObject({ output: expected })
    expect(node.prints).toContainEqual(expect.stringContaining(expected))
  })

  test('of a script, be its package bundled or installed', async () => {
    expect(await node.line('measure:bundled:example.os')).toEqual({ output: full(2 * MEBIBYTE), failed: false })
    await install('scripted', { script: 7 * MEBIBYTE })
    expect(await node.line('measure:scripted:example.os')).toEqual({ output: full(7 * MEBIBYTE), failed: false })
    await install('scripted', {})
    expect(await node.line('measure:scripted:example.os')).toEqual({ output: full(MEMORY_MAX_BYTES), failed: false })
  })

  test('of a package in TypeScript, which ends with the words of its engine', async () => {
    const component = await buildGuest(join(import.meta.dirname, 'hoarding-guest.ts'), { cacheFolder: CACHE })
    await install('hoarding', { component, process: 8 * MEBIBYTE })
    await node.line('m our@hoarding:hoarding:example.os more')
    await vi.waitFor(
      () =>
        expect(node.prints).toContainEqual(
          expect.stringMatching(/hoarding:hoarding:example\.os trapped: [^]*out of memory/),
        ),
      30_000,
    )
  })

  test('of a package whose component begins with more than the default', async () => {
    const component = await beginningWith(MEMORY_MAX_BYTES / 65_536 + 1)
    expect(await install('large', { component, process: 2 * MEMORY_MAX_BYTES })).toMatchObject({ replaced: false })
    await expect(install('large', { component })).rejects.toThrow(
      'Cannot install large:large:example.os: Cannot load component: its memory begins with 134283264 bytes, expected at most 134217728',
    )
  })
})

describe('a package that asks for more than the node gives is refused by name:', () => {
  test('by the installer, for a process and for a script, before anything changes', async () => {
    const problem = { code: 'memory-above-ceiling', memoryMaxBytes: ABOVE, ceilingBytes: MEMORY_CEILING_BYTES }
    for (const [asked, of] of [
      [{ process: ABOVE }, 'much:much:example.os'],
      [{ script: ABOVE }, 'measure.wasm of much:example.os'],
    ] as const) {
      const refused = install('much', asked)
      await expect(refused).rejects.toMatchObject({ problem: { ...problem, process: of } })
      await expect(refused).rejects.toThrow(
        `Cannot install ${of}: its memory_max_bytes is 1073741825, expected at most 1073741824`,
      )
    }
    expect(await named()).not.toContain('much:much:example.os')
  })

  test('by the kernel, for a package that comes with the node', async () => {
    const words = 'cannot be initialized: it asks for 1073741825 bytes of memory, expected at most 1073741824'
    expect(node.prints).toContainEqual(expect.stringContaining(`greedy:greedy:example.os ${words}`))
    expect(await node.line('measure:greedy:example.os')).toEqual({
      output:
        "Cannot run measure:greedy:example.os: the kernel does not take /greedy:example.os/pkg/measure.wasm; the node's terminal says why",
      failed: true,
    })
    await vi.waitFor(
      () => expect(node.prints).toContainEqual(expect.stringMatching(new RegExp(`^\\d+:greedy:example\\.os ${words}`))),
      30_000,
    )
  })
})
