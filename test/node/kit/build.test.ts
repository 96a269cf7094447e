import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatPackageId } from '@hyperware/protocol'
import { bundleSource } from '../../../node/kit/bundle-source.ts'
import { BuildError, buildGuest, buildPackage, bundlePackages, keepBundle } from '../../../node/kit/index.ts'
import { readBundle } from '../../../node/modules/vfs/bundled-packages.ts'
import { readZip } from '../../../node/modules/vfs/zip.ts'
import { compileComponent } from '../../../node/wasm/component/component.ts'
import { CACHE, HELLO, TERMINAL } from '../packages/package-node.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hyperware-kit-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function source(text: string): Promise<string> {
  const file = join(await mkdtemp(join(folder, 'source-')), 'process.ts')
  await writeFile(file, text)
  return file
}

async function failureOf(work: Promise<unknown>): Promise<BuildError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof BuildError) return error
  throw new Error(`expected a BuildError, got ${String(error)}`)
}

describe('a source is bundled', () => {
  test('with what it imports, wherever it lies, and the host is left to the component', async () => {
    const text = "import { print } from '@hyperware/process'\nexport function init(our: string): void { print(our) }\n"
    const bundled = await bundleSource(await source(text))
    expect(bundled).toContain('from "hyperware:process/standard@1.0.0"')
    expect(bundled).not.toContain('@hyperware/')
    expect(bundled.indexOf('Utf8Encoder')).toBeLessThan(bundled.indexOf('printToTerminal(verbosity'))
  })

  test.each([
    ['no init', 'export const other = 1', 'no-init', /it does not export a function init$/],
    ['a slip', 'export function init( {', 'source-invalid', /process\.ts:1: /],
    ['an import that is not there', "import './none.ts'\nexport function init() {}", 'source-invalid', /none\.ts/],
    ['an import of the platform', "import 'node:fs'\nexport function init() {}", 'source-invalid', /node:fs/],
  ])('but not one with %s', async (_, text, code, words) => {
    const failure = await failureOf(bundleSource(await source(text)))
    expect(failure.problem.code).toBe(code)
    expect(failure.message).toMatch(/^Cannot build .*process\.ts: /)
    expect(failure.message).toMatch(words)
  })

  test('nor one that is missing', async () => {
    const file = join(folder, 'missing.ts')
    const failure = await failureOf(bundleSource(file))
    expect(failure.message).toBe(`Cannot build ${file}: there is no such file`)
  })
})

describe('the bundle of packages of this repository', () => {
  test('is kept, and nothing is built for it again', async () => {
    const file = join(folder, 'packages.bundle')
    const built = await keepBundle([TERMINAL], { file, cacheFolder: CACHE })
    expect(readBundle(built).map(({ id }) => formatPackageId(id))).toEqual(['terminal:sys'])
    const made: string[] = []
    const elsewhere = { file, cacheFolder: join(folder, 'none'), progress: (process: string) => made.push(process) }
    expect(Buffer.from(built).equals(await keepBundle([TERMINAL], elsewhere))).toBe(true)
    expect(made).toEqual([])
  })

  test('is not that of other packages', async () => {
    const file = join(folder, 'packages.bundle')
    const both = await keepBundle([TERMINAL, HELLO], { file, cacheFolder: CACHE })
    expect(readBundle(both).map(({ id }) => formatPackageId(id))).toEqual(['terminal:sys', 'hello:example.os'])
  })
})

describe('a package', () => {
  test('is built the same each time, with its components in it', async () => {
    const options = { cacheFolder: CACHE }
    const [first, second] = [await buildPackage(HELLO, options), await buildPackage(HELLO, options)]
    expect(Buffer.from(first.zip).equals(second.zip)).toBe(true)
    expect(first.id).toEqual({ package: 'hello', publisher: 'example.os' })
    const files = readZip(first.zip)
    expect(files.map(({ path }) => path.join('/'))).toEqual(['hello.wasm', 'manifest.json'])
    const component = files[0]?.bytes ?? new Uint8Array(0)
    const compiled = await compileComponent(component, { memoryMaxBytes: 64 * 1_024 * 1_024 })
    expect(compiled.sizeBytes).toBeGreaterThan(100_000)
  })

  test('exports each name once, as other hosts insist', async () => {
    const component = await buildGuest(join(HELLO, 'src/hello.ts'), { cacheFolder: CACHE })
    const exported = [...(await componentWit(component)).matchAll(/^ {2}export ([\w-]+):/gm)].map(
      ([, name = '']) => name,
    )
    expect(exported.toSorted()).toEqual(['engine-init', 'init'])
  })

  test('is made again only when its source changes', async () => {
    const made: string[] = []
    const cacheFolder = join(folder, 'cache')
    const own = join(folder, 'own')
    await cp(HELLO, own, { recursive: true })
    const build = () => buildPackage(own, { cacheFolder, progress: (process) => made.push(process) })
    await build()
    await build()
    expect(made).toEqual(['hello'])
    await writeFile(join(own, 'src/hello.ts'), 'export function init(): void {}\n')
    await build()
    expect(made).toEqual(['hello', 'hello'])
  })

  test('without a source holds the component that another tool chain put into pkg, and a source comes before it', async () => {
    const own = join(folder, 'other-tools')
    await cp(HELLO, own, { recursive: true })
    const built = await readFile(join(import.meta.dirname, '../wasm/guests/c/guest.wasm'))
    await writeFile(join(own, 'pkg/hello.wasm'), built)
    const componentOf = async () => {
      const { zip } = await buildPackage(own, { cacheFolder: CACHE })
      return Buffer.from(readZip(zip).find(({ path }) => path[0] === 'hello.wasm')?.bytes ?? [])
    }
    expect((await componentOf()).equals(built)).toBe(false)
    await rm(join(own, 'src'), { recursive: true })
    expect((await componentOf()).equals(built)).toBe(true)
    await rm(join(own, 'pkg/hello.wasm'))
    expect((await failureOf(componentOf())).problem.code).toBe('source-missing')
  })

  test('comes out of its bundle as it went in', async () => {
    const built = await buildPackage(HELLO, { cacheFolder: CACHE })
    const [read, ...more] = readBundle(bundlePackages([built]))
    expect(more).toEqual([])
    expect(read).toMatchObject({ id: built.id, witVersion: 1, manifest: built.manifest })
    expect(Buffer.from(read?.zip ?? []).equals(built.zip)).toBe(true)
  })

  const METADATA = '{"properties":{"package_name":"p","publisher":"example.os"}}'
  test.each([
    ['metadata', undefined, '[]', 'metadata.json cannot be read'],
    ['a manifest', METADATA, undefined, 'pkg/manifest.json cannot be read'],
    ['metadata that is JSON', '{', '[]', /metadata\.json: /],
    ['a package name', '{"properties":{"publisher":"example.os"}}', '[]', /metadata\.json.*package_name/],
    [
      'a name in the alphabet',
      '{"properties":{"package_name":"P!","publisher":"example.os"}}',
      '[]',
      /"P!:example\.os" is not made of a-z/,
    ],
    ['a sound manifest', METADATA, '{}', /manifest\.json/],
    [
      'the source of each process',
      METADATA,
      '[{"process_name":"p","process_wasm_path":"/p.wasm","on_exit":"None","request_networking":false,' +
        '"request_capabilities":[],"grant_capabilities":[],"public":false}]',
      /src\/p\.ts: there is no such file$/,
    ],
  ])('without %s is refused', async (_, metadata, manifest, words) => {
    const own = await mkdtemp(join(folder, 'package-'))
    await mkdir(join(own, 'pkg'))
    if (metadata !== undefined) await writeFile(join(own, 'metadata.json'), metadata)
    if (manifest !== undefined) await writeFile(join(own, 'pkg/manifest.json'), manifest)
    const failure = await failureOf(buildPackage(own, { cacheFolder: CACHE }))
    expect(failure.message).toMatch(words)
    expect(failure.message).toMatch(/^Cannot build /)
  })
})
