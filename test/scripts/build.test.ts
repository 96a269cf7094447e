import { createHash, randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildPackage, readPackage } from '../../node/kit/index.ts'
import { readZip } from '../../node/modules/vfs/zip.ts'
import { runCommandLine } from '../../scripts/cli/program.ts'
import { CACHE, HELLO } from '../node/packages/package-node.ts'

const ID = { package: 'hello', publisher: 'example.os' }
let folder: string
let own: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hyperware-build-'))
})

beforeEach(async () => {
  own = join(await mkdtemp(join(folder, 'own-')), 'hello')
  await cp(HELLO, own, { recursive: true })
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function run(...args: readonly string[]) {
  const out: string[] = []
  const err: string[] = []
  const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} }
  const code = await runCommandLine(args, io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('build', () => {
  test('writes the content of pkg with its components, the same each time', async () => {
    const { code, out } = await run('build', own)
    const file = join(own, 'target/hello:example.os.zip')
    const zip = await readFile(file)
    const hash = createHash('sha256').update(zip).digest('hex')
    expect([code, out]).toEqual([0, `built hello:example.os into ${file}, ${zip.length} bytes, SHA-256 ${hash}`])
    expect(readZip(zip).map(({ path }) => path.join('/'))).toEqual(['hello.wasm', 'manifest.json'])

    const again = join(folder, 'other/name.zip')
    expect(JSON.parse((await run('build', own, '--out', again, '--json')).out)).toEqual({
      package: 'hello:example.os',
      file: again,
      sizeBytes: zip.length,
      sha256: hash,
      processes: ['hello:hello:example.os'],
    })
    expect((await readFile(again)).equals(zip)).toBe(true)
    expect(await readdir(join(folder, 'other'))).toEqual(['name.zip'])
  })

  const manifest = (name: string, path: string) =>
    JSON.stringify([
      {
        process_name: name,
        process_wasm_path: path,
        on_exit: 'None',
        request_networking: false,
        request_capabilities: [],
        grant_capabilities: [],
        public: false,
      },
    ])

  test.each<[string, () => Promise<unknown>, string]>([
    ['a folder that is not there', () => rm(own, { recursive: true }), 'there is no such folder'],
    ['a folder without manifest', () => rm(join(own, 'pkg/manifest.json')), 'pkg/manifest.json cannot be read'],
    ['a process without source', () => rm(join(own, 'src/hello.ts')), 'src/hello.ts: there is no such file'],
    ['a link', () => symlink('/etc/hosts', join(own, 'pkg/hosts')), 'pkg/hosts is neither a file nor a folder'],
    [
      'a process name that no node takes',
      () => writeFile(join(own, 'pkg/manifest.json'), manifest('Hello', '/hello.wasm')),
      'the process name "Hello" is not made of a-z, 0-9 and hyphens',
    ],
    [
      'a component outside the package',
      () => writeFile(join(own, 'pkg/manifest.json'), manifest('hello', '/../hello.wasm')),
      '"/../hello.wasm" of the process hello is not a path in the package',
    ],
    [
      'files that are too long together',
      () => writeFile(join(own, 'pkg/long'), '').then(() => truncate(join(own, 'pkg/long'), 512 * 1_024 * 1_024)),
      'the files in pkg take more than 536870912 bytes',
    ],
  ])('of %s fails, says why, and writes nothing', async (_, spoil, words) => {
    await spoil()
    const { code, out, err } = await run('build', own)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('Cannot build ')
    expect(err).toContain(words)
    await expect(readdir(join(own, 'target'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('of a package that no node would take fails', async () => {
    await writeFile(join(own, 'pkg/large'), randomBytes(33 * 1_024 * 1_024))
    const { code, err } = await run('build', own)
    expect(code).toBe(1)
    expect(err).toMatch(/its zip has \d{8} bytes, and a node takes at most 33554432$/)
  })

  test('of too many files fails', async () => {
    await mkdir(join(own, 'pkg/many'))
    await Promise.all(Array.from({ length: 10_001 }, (_, at) => writeFile(join(own, `pkg/many/${at}`), '')))
    expect((await run('build', own)).err).toContain('pkg holds more than 10000 files')
  })

  test('into its own pkg is a wrong call, and into a folder fails', async () => {
    const inside = await run('build', own, '--out', join(own, 'pkg/ui/hello.zip'))
    expect([inside.code, inside.err]).toEqual([2, expect.stringContaining('would be part of the next build')])
    const taken = await run('build', own, '--out', folder)
    expect([taken.code, taken.err]).toEqual([1, expect.stringContaining(`Cannot write "${folder}": `)])
    const beside = (await readdir(dirname(folder))).filter((name) => name.startsWith(`${basename(folder)}.`))
    expect(beside).toEqual([])
    expect(await readdir(join(own, 'pkg'))).toEqual(['manifest.json'])
  })
})

describe('a zip', () => {
  test('is the package that it was built from', async () => {
    const built = await buildPackage(HELLO, { cacheFolder: CACHE })
    const file = join(folder, 'built.zip')
    await writeFile(file, built.zip)
    const read = await readPackage(file, ID)
    expect(read).toMatchObject({ id: built.id, manifest: built.manifest })
    expect(Buffer.from(read.zip).equals(built.zip)).toBe(true)
  })

  test.each<[string, (file: string) => Promise<unknown>, string]>([
    ['is missing', () => Promise.resolve(), 'it cannot be read'],
    ['is none', (file) => writeFile(file, 'hello'), 'Cannot read zip: it has no directory'],
    ['holds no manifest', (file) => writeFile(file, 'PK\x05\x06'.padEnd(22, '\0')), 'there is no manifest.json in it'],
    ['is too long', (file) => writeFile(file, '').then(() => truncate(file, 33_554_433)), 'its zip has 33554433 bytes'],
  ])('that %s is refused', async (name, make, words) => {
    const file = join(folder, `${name}.zip`)
    await make(file)
    await expect(readPackage(file, ID)).rejects.toThrow(`Cannot read package ${file}: ${words}`)
  })

  test('whose name does not say whose it is needs --id, and a folder takes none', async () => {
    const file = join(folder, 'package.zip')
    await writeFile(file, 'PK')
    const url = ['--url', 'http://127.0.0.1:9', '--password-file', join(own, 'metadata.json')]
    const unnamed = await run('install', 'alice-home.os', file, ...url)
    expect(unnamed).toMatchObject({ code: 2, out: '' })
    expect(unnamed.err).toBe(
      `Cannot install "${file}": its name does not say whose it is, as hello:example.os.zip would\nHint: give --id package:publisher`,
    )
    const named = await run('install', 'alice-home.os', file, '--id', 'hello:example.os', ...url)
    expect(named.err).toContain(`Cannot read package ${file}: Cannot read zip: `)
    const both = await run('install', 'alice-home.os', own, '--id', 'hello:example.os', ...url)
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining('it is not a zip') })
    const none = join(folder, 'none.zip')
    expect(await run('install', 'alice-home.os', none, ...url)).toEqual({
      code: 2,
      out: '',
      err: `Cannot install "${none}": there is no such folder or file`,
    })
  })
})
