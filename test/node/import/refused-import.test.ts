import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importHome } from '../../../node/import/index.ts'
import { openStore } from '../../../node/modules/state/store.ts'
import { until } from '../../helpers/until.ts'
import { HOME, snapshot, useFolders } from './chat-home.ts'
import { ldb, makeReferenceHome, NAME, putEntries } from './reference-home.ts'

const at = useFolders()

describe('an import is refused, and leaves nothing,', () => {
  async function refusal(more: { readonly ldb?: string } = {}): Promise<unknown> {
    const before = await snapshot(at.folder)
    const error: unknown = await at.bring(more).catch((reason: unknown) => reason)
    const { '/new': _, ...after } = await snapshot(at.folder)
    // The folder above the new home may have been made, and nothing else.
    const { '/new': __, ...expected } = before
    expect(after).toEqual(expected)
    return error
  }

  const kernelFile = (name: string): string => join(at.from, 'kernel', name)
  async function find(ending: RegExp): Promise<string> {
    const sizes = (await readdir(join(at.from, 'kernel')))
      .filter((name) => ending.test(name))
      .map(async (name) => ({
        path: kernelFile(name),
        size: (await stat(kernelFile(name))).size,
      }))
    const found = (await Promise.all(sizes)).toSorted((a, b) => b.size - a.size)[0]
    if (found === undefined) throw new Error(`There is no file ${String(ending)}`)
    return found.path
  }
  async function spoil(path: string, at: number): Promise<void> {
    const bytes = await readFile(path)
    const index = at < 0 ? bytes.length + at : at
    bytes[index] = (bytes[index] ?? 0) ^ 0x55
    await writeFile(path, bytes)
  }

  const openFiles = (pid: number): readonly string[] =>
    readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        return '' // closed meanwhile
      }
    })

  test('when the reference runs in the home; and the reference waits while it is imported', async () => {
    await makeReferenceHome(at.from, HOME)
    const node = spawn('ldb', [`--db=${join(at.from, 'kernel')}`, 'query'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const put = (): number | null =>
      spawnSync('ldb', [`--db=${join(at.from, 'kernel')}`, 'put', 'a:b:c', 'x'], { stdio: 'ignore' }).status
    // Asked before it has the lock, another program would take it, and the node would end.
    await until(
      () => openFiles(node.pid ?? 0).some((file) => file.includes('/MANIFEST-')),
      'the node to have its database',
    )
    expect(put()).toBe(1)
    await expect(at.bring()).rejects.toMatchObject({
      code: 'reference-in-use',
      message: `Cannot import "${at.from}": a node runs in it`,
    })
    node.stdin.end()
    await once(node, 'close')

    const meanwhile: unknown[] = []
    await importHome({ from: at.from, to: at.to, tell: () => void meanwhile.push(put()) })
    expect(meanwhile).toEqual([1, 1])
    expect(put()).toBe(0)
  })

  test.each<[string, () => Promise<unknown>, string, string | RegExp]>([
    ['there is no such folder', async () => undefined, 'reference-home', 'it has no folder "kernel"'],
    [
      'it is a home of this node already',
      async () => (await openStore({ folder: join(at.from, 'kernel'), nodeName: NAME })).close(),
      'reference-home',
      '"kernel" holds no file "CURRENT": it is a home of this node already',
    ],
    [
      'it has no key file',
      async () => {
        await makeReferenceHome(at.from, HOME)
        await rm(join(at.from, '.keys'))
      },
      'key-file-missing',
      'there is none',
    ],
    [
      'its key file is none',
      async () => {
        await makeReferenceHome(at.from, HOME)
        await writeFile(join(at.from, '.keys'), '["alice.os"]')
      },
      'key-file-corrupt',
      /^Cannot read key file ".+\/\.keys": the file has 1 fields, expected 6$/,
    ],
    [
      'something lies where the lock is',
      async () => {
        await makeReferenceHome(at.from, HOME)
        await writeFile(kernelFile('LOCK'), 'x')
      },
      'reference-home',
      '"kernel/LOCK" is not an empty file',
    ],
    [
      'the new home holds something',
      async () => {
        await makeReferenceHome(at.from, HOME)
        await mkdir(at.to, { recursive: true })
        await writeFile(join(at.to, 'precious'), 'mine')
      },
      'target-home',
      'it holds "precious", expected it to be empty',
    ],
    [
      'the new home is a file',
      async () => {
        await makeReferenceHome(at.from, HOME)
        await mkdir(join(at.to, '..'))
        await writeFile(at.to, 'mine')
      },
      'target-home',
      'it is not a folder',
    ],
    [
      'the new home would lie in the old one',
      async () => {
        await makeReferenceHome(at.from, HOME)
        await symlink(join(at.from, 'vfs'), join(at.folder, 'new'))
      },
      'target-home',
      'it lies inside the home that is imported',
    ],
    [
      'a table is damaged',
      async () => {
        await makeReferenceHome(at.from, HOME)
        putEntries(at.from, { 'x:y:z': 'so that the table is written' })
        await spoil(await find(/\.sst$/), 2_000)
      },
      'database-damaged',
      /block checksum mismatch/,
    ],
    [
      'a table is cut short',
      async () => {
        await makeReferenceHome(at.from, HOME)
        await truncate(await find(/\.sst$/), 200)
      },
      'database-damaged',
      /file is too short/,
    ],
    [
      'a table is missing',
      async () => {
        await makeReferenceHome(at.from, HOME)
        await rm(await find(/\.sst$/))
      },
      'database-damaged',
      /No such file or directory/,
    ],
    [
      'a table is of a form of the future',
      async () => {
        await makeReferenceHome(at.from, HOME)
        await spoil(await find(/\.sst$/), -12)
      },
      'database-damaged',
      /unsupported format_version/,
    ],
    [
      'the list of tables is damaged',
      async () => {
        await makeReferenceHome(at.from, HOME)
        await spoil(await find(/^MANIFEST/), 40)
      },
      'database-damaged',
      /MANIFEST/,
    ],
    [
      'the log is damaged',
      async () => {
        await makeReferenceHome(at.from, HOME)
        await spoil(await find(/\.log$/), 30)
      },
      'database-damaged',
      /kernel\/\d+\.log": Corruption detected in log file Corruption: checksum mismatch/,
    ],
    [
      'a state is kept under something else than a process',
      async () => {
        await makeReferenceHome(at.from, { ...HOME, states: { 'no process': '' } })
      },
      'state-key',
      'Cannot read the state under key "no process": process id "no process" is not process:package:publisher',
    ],
    [
      'a state is kept under bytes that are no text',
      async () => {
        await makeReferenceHome(at.from, HOME)
        ldb([`--db=${join(at.from, 'kernel')}`, '--hex', 'put', '0x61ff', '0x'])
      },
      'state-key',
      'Cannot read the state under key 0x61ff: the bytes are not valid UTF-8',
    ],
    [
      'the process map is missing',
      async () => {
        await makeReferenceHome(at.from, HOME)
        ldb([`--db=${join(at.from, 'kernel')}`, 'delete', 'kernel:distro:sys'])
      },
      'process-map',
      'there is none',
    ],
    [
      'the process map is something else',
      async () => {
        await makeReferenceHome(at.from, HOME)
        putEntries(at.from, { 'kernel:distro:sys': '{}' })
      },
      'process-map',
      'at byte 0: the input ends in a number of 8 bytes',
    ],
  ])('when %s', async (_, prepare, code, message) => {
    await prepare()
    expect(await refusal()).toMatchObject({
      code,
      message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
    })
  })

  test.each(['/nowhere/ldb', process.execPath])('when RocksDB’s tool is %s', async (tool) => {
    await makeReferenceHome(at.from, HOME)
    expect(await refusal({ ldb: tool })).toMatchObject({
      code: 'ldb-missing',
      message: `Cannot read RocksDB: none of ${JSON.stringify(tool)} is RocksDB's command line tool`,
      hint: expect.stringContaining('apt-get install rocksdb-tools'),
    })
  })

  test.each([
    [
      'prints something else',
      'echo nonsense',
      'ldb-failed',
      'it printed "nonsense", expected a line "0xKEY : 0xVALUE"',
    ],
    ['stops within a line', 'printf "0x61 : 0x6"', 'ldb-failed', 'it printed "0x61 : 0x6", expected a line'],
    ['is killed', 'kill -9 $$', 'database-damaged', 'ended with SIGKILL'],
  ])('when RocksDB’s tool %s', async (_, command, code, message) => {
    await makeReferenceHome(at.from, HOME)
    const tool = join(at.folder, 'tool')
    await writeFile(
      tool,
      `#!/bin/sh\ncase "$*" in\n*--version*) echo ldb from RocksDB 1.2.3;;\n*scan*) ${command};;\nesac\n`,
    )
    await chmod(tool, 0o700)
    expect(await refusal({ ldb: tool })).toMatchObject({ code, message: expect.stringContaining(message) })
  })
})
