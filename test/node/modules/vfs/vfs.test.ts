import { readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { parseAddress, utf8ToBytes, type VfsAction } from '@hyperware/protocol'
import { FILE, hello, openDrive, openDrives, openFile, OWNER } from './drives.ts'

describe('files', () => {
  test('what is written is what is read', async () => {
    const drives = await openFile()
    const read = await drives.ask(FILE, { kind: 'Read' })
    expect(read.body).toBe('Read')
    expect(read.bytes).toEqual(hello)
    expect(read.message?.blob?.mime).toBe('application/octet-stream')
    expect(await readFile(join(drives.home, 'vfs/app:pub.os/data/notes.txt'), 'utf8')).toBe('hello, world')
  })

  test('what is written may have the longest name there is', async () => {
    const drives = await openDrive()
    const file = `/app:pub.os/data/${'n'.repeat(255)}`
    expect((await drives.ask(file, { kind: 'Write' }, { bytes: hello })).body).toBe('Ok')
    const bytes = zipSync({ ['z'.repeat(255)]: hello })
    expect((await drives.ask('/app:pub.os/data', { kind: 'AddZip' }, { bytes })).body).toBe('Ok')
  })

  test('what is being written is in no list', async () => {
    const drives = await openDrive()
    const listed = new Set<string>()
    const writer = { ended: false }
    async function list(): Promise<void> {
      while (!writer.ended) {
        const { body } = await drives.ask('/app:pub.os/data', { kind: 'ReadDir' }, { as: 'list:app:pub.os' })
        for (const { path } of (body as { ReadDir?: { path: string }[] }).ReadDir ?? []) listed.add(path)
      }
    }
    const listing = list()
    for (let index = 0; index < 5; index += 1) {
      await drives.ask(FILE, { kind: 'Write' }, { bytes: new Uint8Array(4 * 1_024 * 1_024) })
    }
    writer.ended = true
    await listing
    expect([...listed]).toEqual(['app:pub.os/data/notes.txt'])
  })

  test('what a killed node was writing is gone when it starts again', async () => {
    const { home } = await openFile()
    await writeFile(join(home, '.writing', 'half'), 'of a file')
    await openDrives({ home })
    expect(await readdir(join(home, '.writing'))).toEqual([])
    expect(await readdir(join(home, 'vfs/app:pub.os/data'))).toEqual(['notes.txt'])
  })

  test('one cursor goes with a file through reads, writes and seeks', async () => {
    const drives = await openFile()
    const steps: readonly (readonly [VfsAction, unknown, (string | undefined)?, string?])[] = [
      [{ kind: 'OpenFile', create: false }, 'Ok'],
      [{ kind: 'ReadExact', length: 5n }, 'Read', 'hello'],
      [{ kind: 'ReadToString' }, { ReadToString: ', world' }],
      [{ kind: 'ReadToString' }, { ReadToString: '' }],
      [{ kind: 'Seek', from: 'Start', offset: 7n }, { SeekFrom: { new_offset: 7 } }],
      [{ kind: 'WriteAll' }, 'Ok', undefined, 'there'],
      [{ kind: 'Seek', from: 'Current', offset: -5n }, { SeekFrom: { new_offset: 7 } }],
      [{ kind: 'ReadToEnd' }, 'Read', 'there'],
      [{ kind: 'Seek', from: 'End', offset: -2n }, { SeekFrom: { new_offset: 10 } }],
      [{ kind: 'ReadToEnd' }, 'Read', 're'],
      [{ kind: 'Append' }, 'Ok', undefined, '!'],
      [{ kind: 'Len' }, { Len: 13 }],
      [{ kind: 'SetLen', length: 5n }, 'Ok'],
      [{ kind: 'Read' }, 'Read', 'hello'],
      [{ kind: 'Metadata' }, { Metadata: { file_type: 'File', len: 5 } }],
      [{ kind: 'SyncAll' }, 'Ok'],
      [{ kind: 'CloseFile' }, 'Ok'],
      [{ kind: 'ReadToString' }, { ReadToString: 'hello' }],
      [{ kind: 'CreateFile' }, 'Ok'],
      [{ kind: 'Len' }, { Len: 0 }],
    ]
    for (const [action, body, read, write] of steps) {
      const answer = await drives.ask(FILE, action, write === undefined ? {} : { bytes: utf8ToBytes(write) })
      expect(answer.body, action.kind).toEqual(body)
      if (read !== undefined) expect(answer.bytes, action.kind).toEqual(utf8ToBytes(read))
    }
  })

  test('a hash is SHA-256 of the whole file', async () => {
    const drives = await openFile()
    const { body } = await drives.ask(FILE, { kind: 'Hash' })
    const { Hash: hash } = body as { Hash: number[] }
    expect(Buffer.from(hash).toString('hex')).toBe('09ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b')
  })

  test('folders are made, listed, renamed, copied and removed', async () => {
    const drives = await openFile()
    expect((await drives.ask('/app:pub.os/data/a/b', { kind: 'CreateDirAll' })).body).toBe('Ok')
    expect((await drives.ask('/app:pub.os/data/c', { kind: 'CreateDir' })).body).toBe('Ok')
    expect((await drives.ask(FILE, { kind: 'CopyFile', newPath: '/app:pub.os/data/c/copy' })).body).toBe('Ok')
    expect((await drives.ask(FILE, { kind: 'Rename', newPath: 'app:pub.os/data/moved' })).body).toBe('Ok')
    const listed = await drives.ask('/app:pub.os/data', { kind: 'ReadDir' })
    expect(
      (listed.body as { ReadDir: { path: string }[] }).ReadDir.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    ).toEqual([
      { path: 'app:pub.os/data/a', file_type: 'Directory' },
      { path: 'app:pub.os/data/c', file_type: 'Directory' },
      { path: 'app:pub.os/data/moved', file_type: 'File' },
    ])
    expect((await drives.ask('/app:pub.os/data/a', { kind: 'RemoveDir' })).body).toEqual({
      Err: { IOError: 'Directory not empty (os error 39)' },
    })
    expect((await drives.ask('/app:pub.os/data/a', { kind: 'RemoveDirAll' })).body).toBe('Ok')
    expect((await drives.ask('/app:pub.os/data/c/copy', { kind: 'RemoveFile' })).body).toBe('Ok')
    expect((await drives.ask('/app:pub.os/data/c', { kind: 'RemoveDir' })).body).toBe('Ok')
    expect(await readdir(join(drives.home, 'vfs/app:pub.os/data'))).toEqual(['moved'])
  })

  test.each<[string, VfsAction, string, string?]>([
    ['read of a missing file', { kind: 'Read' }, 'No such file or directory (os error 2)'],
    ['open of a missing file', { kind: 'OpenFile', create: false }, 'No such file or directory (os error 2)'],
    ['append to a missing file', { kind: 'Append' }, 'No such file or directory (os error 2)', 'x'],
    ['removal of a missing folder', { kind: 'RemoveDirAll' }, 'No such file or directory (os error 2)'],
    ['listing of a missing folder', { kind: 'ReadDir' }, 'No such file or directory (os error 2)'],
  ])('%s is an error of the system', async (_, action, text, bytes) => {
    const drives = await openDrive()
    const { body } = await drives.ask(FILE, action, bytes === undefined ? {} : { bytes: utf8ToBytes(bytes) })
    expect(body).toEqual({ Err: { IOError: text } })
  })

  test('what a file does not hold is an error', async () => {
    const drives = await openFile()
    expect((await drives.ask(FILE, { kind: 'ReadExact', length: 13n })).body).toEqual({
      Err: { IOError: 'failed to fill whole buffer' },
    })
    expect((await drives.ask(FILE, { kind: 'Seek', from: 'Current', offset: -1n })).body).toEqual({
      Err: { IOError: 'Invalid argument (os error 22)' },
    })
    expect((await drives.ask(FILE, { kind: 'CreateDir' })).body).toEqual({
      Err: { IOError: 'File exists (os error 17)' },
    })
    expect((await drives.ask(`${FILE}/x`, { kind: 'Read' })).body).toEqual({
      Err: { IOError: 'Not a directory (os error 20)' },
    })
    expect((await drives.ask('/app:pub.os/data', { kind: 'Read' })).body).toEqual({
      Err: { IOError: 'Is a directory (os error 21)' },
    })
    await drives.ask(FILE, { kind: 'Write' }, { bytes: Uint8Array.of(0xff) })
    expect((await drives.ask(FILE, { kind: 'ReadToString' })).body).toEqual({
      Err: { IOError: 'stream did not contain valid UTF-8' },
    })
  })

  test('bytes that should come and do not are missed', async () => {
    const drives = await openFile()
    for (const kind of ['Write', 'WriteAll', 'Append', 'AddZip'] as const) {
      expect((await drives.ask(FILE, { kind })).body).toEqual({ Err: 'NoBlob' })
    }
  })
})

describe('requests of several processes', () => {
  const OTHER = 'other:app:pub.os'
  const FOLDER = '/app:pub.os/data/folder'
  const HUNDRED = Array.from({ length: 100 }, (_, index) => index)
  const processOf = (index: number) => ({ as: index % 2 === 0 ? OWNER : OTHER })

  test('each find their bytes in a file that both append to', async () => {
    const drives = await openDrive()
    await drives.ask(FILE, { kind: 'CreateFile' })
    const answers = await Promise.all(
      HUNDRED.map((index) =>
        drives.ask(FILE, { kind: 'Append' }, { ...processOf(index), bytes: utf8ToBytes(`${index},`) }),
      ),
    )
    expect(answers.map(({ body }) => body)).toEqual(HUNDRED.map(() => 'Ok'))
    const lines = (await readFile(join(drives.home, 'vfs/app:pub.os/data/notes.txt'), 'utf8')).split(',').slice(0, -1)
    expect(lines.map(Number).toSorted((a, b) => a - b)).toEqual(HUNDRED)
  })

  test('share the cursor of a file: each byte is read once, and none is written over', async () => {
    const drives = await openDrive()
    await drives.ask(FILE, { kind: 'Write' }, { bytes: Uint8Array.from(HUNDRED) })
    await drives.ask(FILE, { kind: 'OpenFile', create: false })
    const read = await Promise.all(
      HUNDRED.map((index) => drives.ask(FILE, { kind: 'ReadExact', length: 1n }, processOf(index))),
    )
    expect(read.map(({ bytes }) => bytes?.[0]).toSorted((a, b) => Number(a) - Number(b))).toEqual(HUNDRED)

    await drives.ask(FILE, { kind: 'CreateFile' })
    await Promise.all(
      HUNDRED.map((index) =>
        drives.ask(FILE, { kind: 'WriteAll' }, { ...processOf(index), bytes: Uint8Array.of(index) }),
      ),
    )
    const { bytes } = await drives.ask(FILE, { kind: 'Read' })
    expect([...(bytes ?? [])].toSorted((a, b) => a - b)).toEqual(HUNDRED)
  })

  test('may fill a folder and remove it: it holds all of a zip, or is not there', async () => {
    const drives = await openDrive()
    await drives.ask(FOLDER, { kind: 'CreateDir' })
    const zip = zipSync(Object.fromEntries(HUNDRED.map((index) => [`file-${index}`, hello])))
    const answers = await Promise.all([
      drives.ask(FOLDER, { kind: 'AddZip' }, { as: OTHER, bytes: zip }),
      drives.ask(FOLDER, { kind: 'RemoveDirAll' }),
    ])
    expect(answers.map(({ body }) => body)).toEqual(['Ok', 'Ok'])
    const left = await readdir(join(drives.home, 'vfs/app:pub.os/data/folder')).catch(() => [])
    expect([0, HUNDRED.length]).toContain(left.length)
  })

  test('do not follow a link out of the drive that takes the place of a file while they wait', async () => {
    const drives = await openDrive()
    const folder = join(drives.home, 'vfs/app:pub.os')
    await writeFile(join(folder, 'secret'), 'secret')
    await writeFile(join(folder, 'data/secret'), 'own')
    await drives.ask(FOLDER, { kind: 'CreateDir' })
    await symlink('../secret', join(folder, 'data/folder/link')) // inside the drive as long as it lies here
    await drives.ask(FILE, { kind: 'Write' }, { bytes: new Uint8Array(1_048_576) })
    const answers = await Promise.all([
      drives.ask(FILE, { kind: 'Hash' }, { as: OTHER }), // long enough for the others to come meanwhile
      drives.ask(`${FOLDER}/link`, { kind: 'Rename', newPath: FILE }),
      ...HUNDRED.map((index) => drives.ask(FILE, { kind: 'Read' }, { as: `reader-${index}:app:pub.os` })),
    ])
    expect(answers.filter(({ bytes }) => bytes?.length === 'secret'.length)).toEqual([])
  })
})

describe('rights', () => {
  const STRANGER = 'other:thing:x.os'

  test('a process of another package needs a capability for the drive', async () => {
    const drives = await openFile()
    expect((await drives.ask(FILE, { kind: 'Read' }, { as: STRANGER })).body).toEqual({ Err: 'NoReadCap' })
    drives.give(STRANGER, '{"kind": "read", "drive": "/app:pub.os/data"}')
    expect((await drives.ask(FILE, { kind: 'Read' }, { as: STRANGER })).body).toBe('Read')
    expect((await drives.ask(FILE, { kind: 'Write' }, { as: STRANGER, bytes: hello })).body).toEqual({
      Err: 'NoWriteCap',
    })
    drives.give(STRANGER, '{"drive":"/app:pub.os/data","kind":"write"}')
    expect((await drives.ask(FILE, { kind: 'Write' }, { as: STRANGER, bytes: hello })).body).toBe('Ok')
  })

  test('making a drive gives the maker its capabilities, and only its own package may', async () => {
    const drives = await openDrives()
    expect((await drives.ask('/app:pub.os/new', { kind: 'CreateDrive' }, { as: STRANGER })).body).toEqual({
      Err: 'NoWriteCap',
    })
    drives.give(STRANGER, '{"root":true}')
    expect((await drives.ask('/app:pub.os/new', { kind: 'CreateDrive' }, { as: STRANGER })).body).toBe('Ok')
  })

  test('a drive whose capabilities cannot be kept says so', async () => {
    const drives = await openDrives({ grant: () => Promise.reject(new Error('disk full')) })
    expect((await drives.ask('/app:pub.os/new', { kind: 'CreateDrive' })).body).toEqual({ Err: 'AddCapFailed' })
  })

  test('renaming asks for both drives', async () => {
    const drives = await openFile()
    const action: VfsAction = { kind: 'Rename', newPath: '/thing:x.os/d/stolen' }
    expect((await drives.ask(FILE, action)).body).toEqual({ Err: 'NoWriteCap' })
  })

  test('the list of packages is for root', async () => {
    const drives = await openFile()
    for (const path of ['/', '/app:pub.os', '/app:pub.os/..']) {
      expect((await drives.ask(path, { kind: 'ReadDir' })).body).toEqual({ Err: 'NoReadCap' })
    }
    drives.give(OWNER, '{"root":true}')
    expect((await drives.ask('/', { kind: 'ReadDir' })).body).toEqual({
      ReadDir: [{ path: 'app:pub.os', file_type: 'Directory' }],
    })
    expect((await drives.ask('/app:pub.os', { kind: 'ReadDir' })).body).toEqual({
      ReadDir: [{ path: 'app:pub.os/data', file_type: 'Directory' }],
    })
  })

  test('the kernel is not asked', async () => {
    const drives = await openFile()
    expect((await drives.ask(FILE, { kind: 'Read' }, { as: 'kernel:distro:sys' })).body).toBe('Read')
  })

  test('links that leave the drive lead nowhere', async () => {
    const drives = await openFile()
    await writeFile(join(drives.home, '.keys'), 'secret')
    const folder = join(drives.home, 'vfs/app:pub.os/data')
    await symlink(join(drives.home, '.keys'), join(folder, 'link'))
    await symlink(join(drives.home, 'not-there'), join(folder, 'nowhere'))
    await symlink(drives.home, join(folder, 'home'))
    for (const name of ['link', 'home/.keys']) {
      expect((await drives.ask(`/app:pub.os/data/${name}`, { kind: 'Read' })).body).toEqual({
        Err: { IOError: 'Permission denied (os error 13)' },
      })
    }
    expect((await drives.ask('/app:pub.os/data/nowhere', { kind: 'Write' }, { bytes: hello })).body).toEqual({
      Err: { IOError: 'Permission denied (os error 13)' },
    })
    expect((await readdir(drives.home)).toSorted()).toEqual(['.keys', '.writing', 'vfs'])
  })
})

describe('bad input', () => {
  test.each([
    '',
    '/',
    'app:pub.os',
    '/../x/y',
    '/app/drive/f',
    '/App:pub.os/d/f',
    '/a:b:c/d/f',
    `/app:pub.os/d/${'x'.repeat(300)}`,
    '/app:pub.os/d/\0',
  ])('the path %j is malformed', async (path) => {
    const drives = await openDrives()
    expect((await drives.ask(path, { kind: 'Read' })).body).toEqual({ Err: 'MalformedRequest' })
  })

  test('a path may leave out the slash and wander inside its drive', async () => {
    const drives = await openFile()
    expect((await drives.ask('app:pub.os/./data/x/../notes.txt', { kind: 'Read' })).body).toBe('Read')
  })

  test.each([
    'nonsense',
    '{"path":1,"action":"Read"}',
    '{"path":"/a:b/c","action":"Fly"}',
    '{"path":"/a:b/c","action":{"ReadExact":{"length":-1}}}',
  ])('the body %s is malformed', async (body) => {
    const drives = await openDrives()
    expect((await drives.send({ body: utf8ToBytes(body) })).body).toEqual({ Err: 'MalformedRequest' })
  })
})

describe('answers', () => {
  const read = utf8ToBytes(`{"path":"${FILE}","action":"Read"}`)
  const missing = utf8ToBytes('{"path":"/app:pub.os/data/none","action":"Read"}')

  test('go to rsvp, with the id and the metadata of the request', async () => {
    const drives = await openFile()
    const rsvp = parseAddress('our.os@third:app:pub.os')
    const { message } = await drives.send({ body: read, id: 2n ** 63n, rsvp, expects: undefined, metadata: 'mine' })
    expect(message).toMatchObject({ id: 2n ** 63n, target: rsvp, message: { kind: 'response', metadata: 'mine' } })
  })

  test('come only when somebody waits, errors only to the one who expects a response', async () => {
    const drives = await openFile()
    const rsvp = parseAddress('our.os@third:app:pub.os')
    expect((await drives.send({ body: read, expects: undefined })).message).toBeUndefined()
    expect((await drives.send({ body: missing, expects: undefined, rsvp })).message).toBeUndefined()
    expect((await drives.send({ body: missing })).body).toEqual({
      Err: { IOError: 'No such file or directory (os error 2)' },
    })
  })

  test('never come for another node', async () => {
    const drives = await openFile()
    expect((await drives.send({ body: read, source: parseAddress('far.os@main:app:pub.os') })).message).toBeUndefined()
  })

  test('come also after one that could not be sent', async () => {
    let fails = 1
    const drives = await openDrives({
      send() {
        fails -= 1
        if (fails === 0) throw new Error('no kernel')
      },
    })
    const broken = drives.ask('/app:pub.os/new', { kind: 'CreateDrive' })
    const next = drives.ask('/app:pub.os/new', { kind: 'CreateDrive' })
    await expect(broken).rejects.toThrow('no kernel')
    expect((await next).body).toBe('Ok')
  })

  test('come in the order of the requests of one process', async () => {
    const drives = await openDrive()
    await drives.ask(FILE, { kind: 'CreateFile' })
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        drives.ask(FILE, { kind: 'Append' }, { bytes: utf8ToBytes(`${index},`) }),
      ),
    )
    expect(await readFile(join(drives.home, 'vfs/app:pub.os/data/notes.txt'), 'utf8')).toBe(
      Array.from({ length: 50 }, (_, i) => `${i},`).join(''),
    )
  })
})
