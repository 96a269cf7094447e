import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  BundleError,
  type BundledPackage,
  readBundle,
  readComponent,
} from '../../../../node/modules/vfs/bundled-packages.ts'
import {
  installBundled,
  removeInstalled,
  restoreDrives,
  stageDrive,
} from '../../../../node/modules/vfs/package-drive.ts'

const MANIFEST = [
  {
    process_name: 'chat',
    process_wasm_path: '/chat.wasm',
    on_exit: 'Restart',
    request_networking: false,
    request_capabilities: [],
    grant_capabilities: [],
    public: false,
  },
]
const metadata = (name: string, publisher = 'template.os') => ({ properties: { package_name: name, publisher } })

type Files = Readonly<Record<string, string | Uint8Array>>
const zip = (files: Files) =>
  zipSync(Object.fromEntries(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)])))
const CHAT = { 'manifest.json': JSON.stringify(MANIFEST), 'chat.wasm': 'component', 'ui/index.html': '<p>' }
const index = (content: unknown) => ({ 'file_to_metadata.json': JSON.stringify(content) })

describe('a bundle', () => {
  test('gives each package that has a manifest, with its files', () => {
    const packages = readBundle(
      zip({
        ...index({ 'chat.zip': metadata('chat'), 'other.zip': metadata('other') }),
        'chat.zip': zip(CHAT),
        'other.zip': zip({ 'readme.md': 'no manifest' }),
      }),
    )
    expect(packages).toMatchObject([
      { id: { package: 'chat', publisher: 'template.os' }, witVersion: undefined, manifest: [{ processName: 'chat' }] },
    ])
    expect(packages[0]?.files.map(({ path }) => path.join('/'))).toEqual(Object.keys(CHAT))
  })

  test.each<[string, Files, string]>([
    ['no index', { 'chat.zip': 'x' }, 'there is no file_to_metadata.json'],
    ['an index that is not JSON', { 'file_to_metadata.json': '{' }, 'file_to_metadata.json: '],
    ['an index that is a list', index([]), 'file_to_metadata.json: it is not an object'],
    ['metadata without properties', index({ 'chat.zip': {} }), 'properties'],
    ['a name outside the alphabet', index({ 'chat.zip': metadata('../chat') }), '"../chat:template.os" is outside'],
    ['a publisher outside the alphabet', index({ 'chat.zip': metadata('chat', '..\u002fsys') }), 'is outside'],
    ['a package that is missing', index({ 'chat.zip': metadata('chat') }), '"chat.zip" is missing'],
    [
      'a manifest that is not one',
      { ...index({ 'chat.zip': metadata('chat') }), 'chat.zip': zip({ 'manifest.json': '[{}]' }) },
      'chat:template.os: ',
    ],
  ])('with %s is refused', (_, files, words) => {
    expect(() => readBundle(zip(files))).toThrow(BundleError)
    expect(() => readBundle(zip(files))).toThrow(words)
  })
})

describe('the drive of a package', () => {
  let home: string
  let chat: BundledPackage

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'hyperware-bundled-'))
    chat = read(CHAT)
  })

  afterEach(() => rm(home, { recursive: true, force: true }))

  function read(files: Files): BundledPackage {
    const [only] = readBundle(zip({ ...index({ 'chat.zip': metadata('chat') }), 'chat.zip': zip(files) }))
    if (only === undefined) throw new Error('the bundle is empty')
    return only
  }

  const drive = () => join(home, 'vfs/chat:template.os/pkg')
  const listed = async () => [...(await readdir(drive(), { recursive: true }))].toSorted()

  test('holds its files and the zip they came in, and no more', async () => {
    await installBundled(home, chat)
    expect(await listed()).toEqual(['chat.wasm', 'chat:template.os.zip', 'manifest.json', 'ui', 'ui/index.html'])
    expect(Buffer.from(chat.zip).equals(await readFile(join(drive(), 'chat:template.os.zip')))).toBe(true)
    expect(Buffer.from((await readComponent(home, '/chat:template.os/pkg/chat.wasm')) ?? []).toString()).toBe(
      'component',
    )
  })

  test('is left alone by the same package, and replaced whole by another version', async () => {
    await installBundled(home, chat)
    const before = await stat(join(drive(), 'chat.wasm'))
    await installBundled(home, chat)
    expect((await stat(join(drive(), 'chat.wasm'))).ino).toBe(before.ino)

    await installBundled(home, read({ ...CHAT, 'chat.wasm': 'component 2' }))
    expect(await readFile(join(drive(), 'chat.wasm'), 'utf8')).toBe('component 2')
  })

  test.each<[string, () => Promise<unknown>]>([
    ['gained a file', () => writeFile(join(drive(), 'more'), 'by a process')],
    ['gained a folder', () => mkdir(join(drive(), 'ui/more'))],
    ['lost a file', () => rm(join(drive(), 'ui/index.html'))],
    ['lost its zip', () => rm(join(drive(), 'chat:template.os.zip'))],
    ['was changed', () => writeFile(join(drive(), 'chat.wasm'), 'komponent')],
    ['was cut off', () => writeFile(join(drive(), 'chat.wasm'), 'comp')],
    ['has a link for a file', () => linked(join(drive(), 'chat.wasm'))],
    ['has a link for a folder', () => linked(join(drive(), 'ui'))],
    ['is a link', () => linked(drive())],
    ['has a folder for a file', () => rm(join(drive(), 'chat.wasm')).then(() => mkdir(join(drive(), 'chat.wasm')))],
    ['is a file', () => rm(drive(), { recursive: true }).then(() => writeFile(drive(), ''))],
  ])('is made again when it %s', async (_, spoil) => {
    await installBundled(home, chat)
    const whole = await listed()
    await spoil()
    await installBundled(home, chat)
    expect(await listed()).toEqual(whole)
    expect(await readFile(join(drive(), 'chat.wasm'), 'utf8')).toBe('component')
    expect((await lstat(drive())).isDirectory()).toBe(true)
    expect((await lstat(join(drive(), 'ui'))).isDirectory()).toBe(true)
    expect((await lstat(join(drive(), 'chat.wasm'))).isFile()).toBe(true)
  })

  /** Puts what is at a place elsewhere, and a link to it there: it reads the same. */
  async function linked(place: string): Promise<void> {
    const away = join(home, 'away')
    await rename(place, away)
    await symlink(away, place)
  }

  test('is made again when a node was killed while it was written', async () => {
    await mkdir(join(home, '.unpacking'))
    await writeFile(join(home, '.unpacking/half'), 'of a file')
    await mkdir(drive(), { recursive: true })
    await writeFile(join(drive(), 'chat.wasm'), 'half')
    await installBundled(home, chat)
    expect(await listed()).not.toContain('half')
    expect(await readFile(join(drive(), 'chat.wasm'), 'utf8')).toBe('component')
    await expect(stat(join(home, '.unpacking'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  describe('that is replaced by another version', () => {
    const aside = () => join(home, '.replaced/chat:template.os')
    const component = () => readFile(join(drive(), 'chat.wasm'), 'utf8')
    let next: BundledPackage

    beforeEach(async () => {
      await installBundled(home, chat)
      next = read({ ...CHAT, 'chat.wasm': 'component 2' })
    })

    test('stays what it was until the new one is placed', async () => {
      const staged = await stageDrive(home, next)
      expect(await component()).toBe('component')
      await staged.place()
      expect(await component()).toBe('component 2')
      await staged.discard()
      expect(await component()).toBe('component 2')
      expect(await readdir(home)).toEqual(['vfs'])
    })

    test('stays what it was when the new one cannot be written, which leaves nothing', async () => {
      const tooLong = read({ ...CHAT, ['x'.repeat(300)]: 'a name that no disk takes' })
      await expect(stageDrive(home, tooLong)).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
      expect(await component()).toBe('component')
      expect(await readdir(home)).toEqual(['vfs'])
    })

    test('stays what it was when the new one cannot take its place', async () => {
      const staged = await stageDrive(home, next)
      await staged.discard()
      await expect(staged.place()).rejects.toMatchObject({ code: 'ENOENT' })
      expect(await component()).toBe('component')
    })

    test('is put back by a boot when a node was killed before the new one was there', async () => {
      await stageDrive(home, next)
      await mkdir(join(home, '.replaced'))
      await rename(drive(), aside())
      await restoreDrives(home)
      expect(await component()).toBe('component')
      expect(await readdir(home)).toEqual(['vfs'])
    })

    test('is deleted by a boot when a node was killed after the new one was there', async () => {
      await installBundled(home, next)
      await mkdir(aside(), { recursive: true })
      await writeFile(join(aside(), 'chat.wasm'), 'component')
      await restoreDrives(home)
      expect(await component()).toBe('component 2')
      expect(await readdir(home)).toEqual(['vfs'])
    })

    test('does not come back when the package was removed meanwhile', async () => {
      await mkdir(aside(), { recursive: true })
      await removeInstalled(home, next.id)
      await restoreDrives(home)
      await expect(stat(drive())).rejects.toMatchObject({ code: 'ENOENT' })
    })
  })

  test('needs nothing to be settled in a new home', async () => {
    await restoreDrives(home)
    expect(await readdir(home)).toEqual([])
  })

  test('gives no component where there is none', async () => {
    expect(await readComponent(home, '/chat:template.os/pkg/none.wasm')).toBeUndefined()
    expect(await readComponent(home, 'nonsense')).toBeUndefined()
  })
})
