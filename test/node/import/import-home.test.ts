import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { capabilityBytes, formatAddress, parseAddress, type SignedCapability, utf8ToBytes } from '@hyperware/protocol'
import { unzipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { importHome, type ImportReport } from '../../../node/import/index.ts'
import type { ReferenceProcess } from '../../../node/import/process-map.ts'
import { readKeyFile, readKeyFileHeader } from '../../../node/index.ts'
import { openStore } from '../../../node/modules/state/store.ts'
import { readComponent } from '../../../node/modules/vfs/bundled-packages.ts'
import { createComponentRunner } from '../../../node/wasm/runner.ts'
import { never } from '../kernel/events.ts'
import { createTestKernel, idle, testVerify } from '../kernel/kernel-fixture.ts'
import { createScriptedRunner, type Script } from '../kernel/scripted.ts'
import { echoing } from '../wasm/wat-guests.ts'
import * as write from './bincode-writer.ts'
import { ldb, makeReferenceHome, NAME, putEntries, type ReferenceHome } from './reference-home.ts'

let folder: string
let from: string
let to: string
const closing: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hyperware-import-'))
  from = join(folder, 'reference')
  to = join(folder, 'new', 'home')
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await rm(folder, { recursive: true })
})

const bring = (more: { readonly ldb?: string } = {}): Promise<ImportReport> =>
  importHome({ from, to, tell: () => undefined, ...more })

/** Every path below a folder with what a change of it would change. */
async function snapshot(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const { mode, mtimeMs, size } = await stat(path).catch(() => ({ mode: 0, mtimeMs: 0, size: 0 }))
    const hash = entry.isFile()
      ? createHash('sha256')
          .update(await readFile(path))
          .digest('hex')
      : ''
    found[path.slice(root.length)] = `${mode} ${mtimeMs} ${size} ${hash}`
  }
  return found
}

const SIGNATURE = new Uint8Array(64).fill(1)
const signed = (issuer: string, params: string): SignedCapability => ({
  capability: { issuer: parseAddress(issuer), params },
  signature: SIGNATURE,
})

function processOf(name: string, more: Partial<ReferenceProcess> = {}): ReferenceProcess {
  return {
    id: `${name}:chat:template.os`,
    wasmBytesHandle: `/chat:template.os/pkg/${name}.wasm`,
    witVersion: 1,
    onExit: { kind: 'restart' },
    public: false,
    capabilities: [],
    ...more,
  }
}

const MODULE = processOf('kernel', { id: 'kernel:distro:sys', wasmBytesHandle: '' })
const OURS = signed(`${NAME}@vfs:distro:sys`, '{"kind": "read", "drive": "/chat:template.os/pkg"}')
const THEIRS = signed('bob.os@chat:chat:template.os', '"messaging"')
const LAST_WORDS = {
  target: parseAddress(`${NAME}@chat:chat:template.os`),
  inherit: false,
  expectsResponse: 5n,
  body: utf8ToBytes('bye'),
  metadata: undefined,
  capabilities: [],
  blob: undefined,
}
const HOME: ReferenceHome = {
  processes: [
    MODULE,
    processOf('main', { public: true, capabilities: [OURS, THEIRS] }),
    processOf('last', { witVersion: undefined, onExit: { kind: 'requests', requests: [LAST_WORDS] } }),
    processOf('script', { onExit: { kind: 'none' } }),
    processOf('gone'),
  ],
  states: {
    'main:chat:template.os': Uint8Array.of(0, 10, 13, 255),
    'empty:chat:template.os': '',
    'big:chat:template.os': 'the same words again. '.repeat(50_000),
    'notifications:distro:sys': '{}',
  },
  files: {
    'vfs/chat:template.os/pkg/main.wasm': 'main',
    'vfs/chat:template.os/pkg/last.wasm': 'last',
    'vfs/chat:template.os/pkg/script.wasm': 'script',
    'vfs/chat:template.os/files/a/b/c.bin': new Uint8Array(100_000).fill(7),
    'vfs/chat:template.os/files/empty': '',
    'kv/chat:template.os/main/CURRENT': 'x',
    'sqlite/chat:template.os/notes/notes.db': 'x',
    '.eth_providers': '[]',
  },
}

/** The imported home as a node would find it: its processes are these scripts. */
async function boot(scripts: Readonly<Record<string, Script>>) {
  const store = await openStore({ folder: join(to, 'kernel'), nodeName: NAME })
  closing.push(() => store.close())
  const test = createTestKernel({ store, runner: createScriptedRunner(new Map(Object.entries(scripts))) })
  await test.kernel.boot({ packages: [], readComponent: (handle) => readComponent(to, handle) })
  await idle()
  return test
}

describe('a home of the reference', () => {
  test('is booted from with its processes, rights, states and drives, and stays as it was', async () => {
    await makeReferenceHome(from, HOME)
    await symlink('/etc/hostname', join(from, 'vfs/chat:template.os/files/link'))
    await mkdir(join(from, 'vfs/not_a_package'))
    const before = await snapshot(from)
    const report = await bring()
    expect(await snapshot(from)).toEqual(before)
    expect(report).toEqual({
      name: NAME,
      from,
      home: to,
      rocksdb: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      jwtSecretBytes: 32,
      processes: 4,
      ending: 1,
      modules: 1,
      withoutComponent: ['gone:chat:template.os'],
      states: 4,
      drives: {
        packages: 1,
        files: 5,
        bytes: 100_014,
        leftOut: 2,
        leftOutFirst: expect.arrayContaining([
          { path: 'chat:template.os/files/link', why: 'it is a link' },
          { path: 'not_a_package', why: 'its name is not package:publisher' },
        ]),
      },
      databases: ['kv/chat:template.os/main', 'sqlite/chat:template.os/notes'],
      left: ['.eth_providers'],
    })

    const said: unknown[] = []
    const script: Script = async (guest) => {
      const state = await guest.ask({ kind: 'get-state' })
      said.push([guest.our.process.process, await guest.capabilities(), state])
      await guest.send('our@tester:distro:sys', { capabilities: [OURS.capability, THEIRS.capability] })
      await never(guest)
    }
    const { store, heard, printed, kernel } = await boot({ main: script, last: never })
    expect(said).toEqual([
      ['main', [OURS.capability, THEIRS.capability], { kind: 'state', bytes: Uint8Array.of(0, 10, 13, 255) }],
    ])
    // Ours is signed with the key of today, that of another node is as it came.
    const [delivery] = heard
    const sent = delivery?.kind === 'message' ? delivery.message.message.capabilities : []
    expect(testVerify(capabilityBytes(OURS.capability), sent[0]?.signature ?? SIGNATURE)).toBe(true)
    expect(sent[1]).toEqual(THEIRS)

    expect(printed(0)).toEqual([
      expect.stringContaining('removed the process "script:chat:template.os"'),
      expect.stringContaining('dropped gone:chat:template.os'),
    ])
    const running = (await kernel.diagnostics()).map(({ id }) => id)
    expect(running).toEqual(expect.arrayContaining(['main:chat:template.os', 'last:chat:template.os']))
    const last = store.listProcesses().find(({ id }) => id === 'last:chat:template.os')
    expect(last).toMatchObject({ witVersion: undefined, onExit: { kind: 'requests', requests: [LAST_WORDS] } })
    expect(store.readState('big:chat:template.os')).toHaveLength(1_100_000)
    expect(store.readState('empty:chat:template.os')).toEqual(new Uint8Array(0))
    expect(store.readState('notifications:distro:sys')).toEqual(utf8ToBytes('{}'))
    expect(await readFile(join(to, 'vfs/chat:template.os/files/a/b/c.bin'))).toEqual(Buffer.alloc(100_000, 7))
    expect((await stat(to)).mode & 0o777).toBe(0o700)
  })

  test('has components that run', async () => {
    const files = { 'vfs/chat:template.os/pkg/main.wasm': await echoing() }
    await makeReferenceHome(from, { processes: [MODULE, processOf('main', { public: true })], files })
    await bring()
    const store = await openStore({ folder: join(to, 'kernel'), nodeName: NAME })
    const runner = createComponentRunner({ idleThreads: 1 })
    const { kernel, heard } = createTestKernel({ store, runner })
    closing.push(
      () => store.close(),
      () => kernel.stop(),
      () => runner.close(),
    )
    await kernel.boot({ packages: [], readComponent: (handle) => readComponent(to, handle) })
    kernel.send({
      id: 1n,
      source: parseAddress('our@tester:distro:sys'),
      target: parseAddress('our@main:chat:template.os'),
      rsvp: undefined,
      message: {
        kind: 'request',
        inherit: false,
        expectsResponse: 30n,
        body: utf8ToBytes('are you there?'),
        metadata: undefined,
        capabilities: [],
      },
      blob: undefined,
    })
    await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(1)
    const [delivery] = heard
    expect(delivery?.kind === 'message' && Buffer.from(delivery.message.message.body).toString()).toBe('are you there?')
  })

  test('keeps its key file', async () => {
    await makeReferenceHome(from, HOME)
    await bring()
    expect(await readKeyFile(to)).toEqual(await readKeyFile(from))
  })

  test('may have a key file of an old release, in bincode', async () => {
    await makeReferenceHome(from, HOME)
    const now = await readKeyFile(from)
    const [name, routers, ...parts] = JSON.parse(Buffer.from(now).toString()) as [string, string[], ...number[][]]
    const old = parts.map((part) => write.bytes(Uint8Array.from(part)))
    await writeFile(join(from, '.keys'), write.join(write.text(name), write.list(routers, write.text), ...old))
    await bring()
    expect(await readKeyFile(to)).toEqual(now)
  })

  test('may have no drives, and a new home may be an empty folder', async () => {
    await makeReferenceHome(from, { processes: [MODULE] })
    await mkdir(to, { recursive: true })
    expect(await bring()).toMatchObject({ processes: 0, modules: 1, drives: { packages: 0, files: 0 } })
    expect(await readdir(to)).toEqual(['.keys', '.lock', '.lock-owner', 'kernel', 'vfs'])
  })

  // Written by RocksDB 8.10.0 and bincode 1.3.3 in Rust, those of the reference, which ended without closing it: two tables, one
  // compressed with Snappy, and a log. What it holds is below; `gone:chat:template.os` was deleted.
  test('is read as the libraries of the reference write it', async () => {
    const files = unzipSync(await readFile(new URL('rocksdb-8.10.zip', import.meta.url)))
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(from, path)), { recursive: true })
      await writeFile(join(from, path), bytes)
    }
    expect(await bring()).toMatchObject({
      name: NAME,
      processes: 3,
      ending: 1,
      modules: 4,
      states: 4,
      jwtSecretBytes: 2,
    })
    const store = await openStore({ folder: join(to, 'kernel'), nodeName: NAME })
    closing.push(() => store.close())
    const state = (name: string): Uint8Array | undefined => store.readState(name)
    expect(state('chat:chat:template.os')).toEqual(Uint8Array.of(0, 10, 13, 255))
    expect(state('big:chat:template.os')).toEqual(utf8ToBytes('the same words again. '.repeat(5_000)))
    expect(state('empty:chat:template.os')).toEqual(new Uint8Array(0))
    expect(state('notifications:distro:sys')).toEqual(utf8ToBytes('{}'))
    expect(state('gone:chat:template.os')).toBeUndefined()
    const kept = Object.fromEntries(store.listProcesses().map((process) => [process.id, process]))
    const modules = ['eth:distro:sys', 'kernel:distro:sys', 'net:distro:sys', 'vfs:distro:sys']
    for (const id of modules) {
      expect(kept[id]).toMatchObject({ wasmBytesHandle: '', witVersion: 1, onExit: { kind: 'restart' }, public: false })
      const issuers = kept[id]?.capabilities.map(({ capability }) => formatAddress(capability.issuer))
      expect(issuers?.toSorted()).toEqual(modules.map((module) => `${NAME}@${module}`))
    }
    const { 'chat:chat:template.os': chat, 'last:chat:template.os': last, '1234567890:chat:template.os': script } = kept
    expect(chat).toMatchObject({ witVersion: 1, onExit: { kind: 'restart' }, public: true })
    expect(chat?.capabilities).toHaveLength(2)
    expect(chat?.capabilities).toEqual(
      expect.arrayContaining([
        {
          capability: {
            issuer: parseAddress(`${NAME}@vfs:distro:sys`),
            params: '{"kind":"read","drive":"/chat:template.os/pkg"}',
          },
          signature: new Uint8Array(64).fill(1),
        },
        { capability: THEIRS.capability, signature: new Uint8Array(64).fill(2) },
      ]),
    )
    expect(last).toEqual({
      id: 'last:chat:template.os',
      wasmBytesHandle: '/chat:template.os/pkg/last.wasm',
      witVersion: undefined,
      onExit: {
        kind: 'requests',
        requests: [
          {
            target: parseAddress(`${NAME}@chat:chat:template.os`),
            inherit: false,
            expectsResponse: 5n,
            body: Uint8Array.of(0, 255),
            metadata: 'why',
            capabilities: [{ issuer: parseAddress(`${NAME}@last:chat:template.os`), params: '{"a": 1}' }],
            blob: { mime: 'text/plain', bytes: utf8ToBytes('bye') },
          },
        ],
      },
      public: false,
      memoryMaxBytes: undefined,
      capabilities: [],
    })
    expect(script).toMatchObject({ onExit: { kind: 'none' } })
    // Its key file is in bincode.
    expect(readKeyFileHeader(await readKeyFile(to))).toEqual({ name: NAME, routers: ['relay.os'] })
  })

  test('whose log lost its end, as after a loss of power, is taken as RocksDB would open it', async () => {
    await makeReferenceHome(from, { processes: [MODULE], states: { 'a:b:c': 'first' } })
    putEntries(from, { 'a:b:c': 'second' })
    const log = (await readdir(join(from, 'kernel'))).find((name) => name.endsWith('.log')) ?? ''
    await truncate(join(from, 'kernel', log), (await stat(join(from, 'kernel', log))).size - 1)
    await bring()
    const { store } = await boot({})
    expect(store.readState('a:b:c')).toEqual(utf8ToBytes('first'))
  })
})

test('of two imports into one home at once, one makes it and the other is refused', async () => {
  await makeReferenceHome(from, HOME)
  const outcomes = await Promise.allSettled([bring(), bring()])
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const refused = outcomes.find((outcome) => outcome.status === 'rejected')
  expect(refused?.reason).toMatchObject({
    code: 'target-home',
    message: `Cannot make home folder "${to}": it has been filled meanwhile`,
  })
  expect(await readdir(join(to, '..'))).toEqual(['home'])
  await boot({ main: never, last: never })
})

describe('an import is refused, and leaves nothing,', () => {
  async function refusal(more: { readonly ldb?: string } = {}): Promise<unknown> {
    const before = await snapshot(folder)
    const error: unknown = await bring(more).catch((reason: unknown) => reason)
    const { '/new': _, ...after } = await snapshot(folder)
    // The folder above the new home may have been made, and nothing else.
    const { '/new': __, ...expected } = before
    expect(after).toEqual(expected)
    return error
  }

  const kernelFile = (name: string): string => join(from, 'kernel', name)
  async function find(ending: RegExp): Promise<string> {
    const sizes = (await readdir(join(from, 'kernel')))
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

  test('when the reference runs in the home; and the reference waits while it is imported', async () => {
    await makeReferenceHome(from, HOME)
    const node = spawn('ldb', [`--db=${join(from, 'kernel')}`, 'query'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const put = (): number | null =>
      spawnSync('ldb', [`--db=${join(from, 'kernel')}`, 'put', 'a:b:c', 'x'], { stdio: 'ignore' }).status
    await expect.poll(put).toBe(1) // until that node has opened the database
    await expect(bring()).rejects.toMatchObject({
      code: 'reference-in-use',
      message: `Cannot import "${from}": a node runs in it`,
    })
    node.stdin.end()
    await once(node, 'close')

    const meanwhile: unknown[] = []
    await importHome({ from, to, tell: () => void meanwhile.push(put()) })
    expect(meanwhile).toEqual([1, 1])
    expect(put()).toBe(0)
  })

  test.each<[string, () => Promise<unknown>, string, string | RegExp]>([
    ['there is no such folder', async () => undefined, 'reference-home', 'it has no folder "kernel"'],
    [
      'it is a home of this node already',
      async () => (await openStore({ folder: join(from, 'kernel'), nodeName: NAME })).close(),
      'reference-home',
      '"kernel" holds no file "CURRENT": it is a home of this node already',
    ],
    [
      'it has no key file',
      async () => {
        await makeReferenceHome(from, HOME)
        await rm(join(from, '.keys'))
      },
      'key-file-missing',
      'there is none',
    ],
    [
      'its key file is none',
      async () => {
        await makeReferenceHome(from, HOME)
        await writeFile(join(from, '.keys'), '["alice.os"]')
      },
      'key-file-corrupt',
      /^Cannot read key file ".+\/\.keys": the file has 1 fields, expected 6$/,
    ],
    [
      'something lies where the lock is',
      async () => {
        await makeReferenceHome(from, HOME)
        await writeFile(kernelFile('LOCK'), 'x')
      },
      'reference-home',
      '"kernel/LOCK" is not an empty file',
    ],
    [
      'the new home holds something',
      async () => {
        await makeReferenceHome(from, HOME)
        await mkdir(to, { recursive: true })
        await writeFile(join(to, 'precious'), 'mine')
      },
      'target-home',
      'it holds "precious", expected it to be empty',
    ],
    [
      'the new home is a file',
      async () => {
        await makeReferenceHome(from, HOME)
        await mkdir(join(to, '..'))
        await writeFile(to, 'mine')
      },
      'target-home',
      'it is not a folder',
    ],
    [
      'the new home would lie in the old one',
      async () => {
        await makeReferenceHome(from, HOME)
        await symlink(join(from, 'vfs'), join(folder, 'new'))
      },
      'target-home',
      'it lies inside the home that is imported',
    ],
    [
      'a table is damaged',
      async () => {
        await makeReferenceHome(from, HOME)
        putEntries(from, { 'x:y:z': 'so that the table is written' })
        await spoil(await find(/\.sst$/), 2_000)
      },
      'database-damaged',
      /block checksum mismatch/,
    ],
    [
      'a table is cut short',
      async () => {
        await makeReferenceHome(from, HOME)
        await truncate(await find(/\.sst$/), 200)
      },
      'database-damaged',
      /file is too short/,
    ],
    [
      'a table is missing',
      async () => {
        await makeReferenceHome(from, HOME)
        await rm(await find(/\.sst$/))
      },
      'database-damaged',
      /No such file or directory/,
    ],
    [
      'a table is of a form of the future',
      async () => {
        await makeReferenceHome(from, HOME)
        await spoil(await find(/\.sst$/), -12)
      },
      'database-damaged',
      /unsupported format_version/,
    ],
    [
      'the list of tables is damaged',
      async () => {
        await makeReferenceHome(from, HOME)
        await spoil(await find(/^MANIFEST/), 40)
      },
      'database-damaged',
      /MANIFEST/,
    ],
    [
      'the log is damaged',
      async () => {
        await makeReferenceHome(from, HOME)
        await spoil(await find(/\.log$/), 30)
      },
      'database-damaged',
      /kernel\/\d+\.log": Corruption detected in log file Corruption: checksum mismatch/,
    ],
    [
      'a state is kept under something else than a process',
      async () => {
        await makeReferenceHome(from, { ...HOME, states: { 'no process': '' } })
      },
      'state-key',
      'Cannot read the state under key "no process": process id "no process" is not process:package:publisher',
    ],
    [
      'a state is kept under bytes that are no text',
      async () => {
        await makeReferenceHome(from, HOME)
        ldb([`--db=${join(from, 'kernel')}`, '--hex', 'put', '0x61ff', '0x'])
      },
      'state-key',
      'Cannot read the state under key 0x61ff: the bytes are not valid UTF-8',
    ],
    [
      'the process map is missing',
      async () => {
        await makeReferenceHome(from, HOME)
        ldb([`--db=${join(from, 'kernel')}`, 'delete', 'kernel:distro:sys'])
      },
      'process-map',
      'there is none',
    ],
    [
      'the process map is something else',
      async () => {
        await makeReferenceHome(from, HOME)
        putEntries(from, { 'kernel:distro:sys': '{}' })
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
    await makeReferenceHome(from, HOME)
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
    await makeReferenceHome(from, HOME)
    const tool = join(folder, 'tool')
    await writeFile(
      tool,
      `#!/bin/sh\ncase "$*" in\n*--version*) echo ldb from RocksDB 1.2.3;;\n*scan*) ${command};;\nesac\n`,
    )
    await chmod(tool, 0o700)
    expect(await refusal({ ldb: tool })).toMatchObject({ code, message: expect.stringContaining(message) })
  })
})
