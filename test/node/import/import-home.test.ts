import { mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { capabilityBytes, formatAddress, parseAddress, utf8ToBytes } from '@hyperware/protocol'
import { unzipSync } from 'fflate'
import { afterEach, describe, expect, test } from 'vitest'
import { readKeyFile, readKeyFileHeader } from '../../../node/index.ts'
import { openStore } from '../../../node/modules/state/store.ts'
import { readComponent } from '../../../node/modules/vfs/bundled-packages.ts'
import { createComponentRunner } from '../../../node/wasm/runner.ts'
import { never } from '../kernel/events.ts'
import { createTestKernel, idle, testVerify } from '../kernel/kernel-fixture.ts'
import { createScriptedRunner, type Script } from '../kernel/scripted.ts'
import { echoing } from '../wasm/wat-guests.ts'
import * as write from './bincode-writer.ts'
import { HOME, LAST_WORDS, MODULE, OURS, processOf, SIGNATURE, snapshot, THEIRS, useFolders } from './chat-home.ts'
import { makeReferenceHome, NAME, putEntries } from './reference-home.ts'

const at = useFolders()
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** The imported home as a node would find it: its processes are these scripts. */
async function boot(scripts: Readonly<Record<string, Script>>) {
  const store = await openStore({ folder: join(at.to, 'kernel'), nodeName: NAME })
  closing.push(() => store.close())
  const test = createTestKernel({ store, runner: createScriptedRunner(new Map(Object.entries(scripts))) })
  await test.kernel.boot({ packages: [], readComponent: (handle) => readComponent(at.to, handle) })
  await idle()
  return test
}

describe('a home of the reference', () => {
  test('is booted from with its processes, rights, states and drives, and stays as it was', async () => {
    await makeReferenceHome(at.from, HOME)
    await symlink('/etc/hostname', join(at.from, 'vfs/chat:template.os/files/link'))
    await mkdir(join(at.from, 'vfs/not_a_package'))
    const before = await snapshot(at.from)
    const report = await at.bring()
    expect(await snapshot(at.from)).toEqual(before)
    expect(report).toEqual({
      name: NAME,
      from: at.from,
      home: at.to,
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
    expect(await store.readState('big:chat:template.os')).toHaveLength(1_100_000)
    expect(await store.readState('empty:chat:template.os')).toEqual(new Uint8Array(0))
    expect(await store.readState('notifications:distro:sys')).toEqual(utf8ToBytes('{}'))
    expect(await readFile(join(at.to, 'vfs/chat:template.os/files/a/b/c.bin'))).toEqual(Buffer.alloc(100_000, 7))
    expect((await stat(at.to)).mode & 0o777).toBe(0o700)
  })

  test('has components that run', async () => {
    const files = { 'vfs/chat:template.os/pkg/main.wasm': await echoing() }
    await makeReferenceHome(at.from, { processes: [MODULE, processOf('main', { public: true })], files })
    await at.bring()
    const store = await openStore({ folder: join(at.to, 'kernel'), nodeName: NAME })
    const runner = createComponentRunner({ idleThreads: 1 })
    const { kernel, heard } = createTestKernel({ store, runner })
    closing.push(
      () => store.close(),
      () => kernel.stop(),
      () => runner.close(),
    )
    await kernel.boot({ packages: [], readComponent: (handle) => readComponent(at.to, handle) })
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
    await expect.poll(() => heard.length).toBe(1)
    const [delivery] = heard
    expect(delivery?.kind === 'message' && Buffer.from(delivery.message.message.body).toString()).toBe('are you there?')
  })

  test('keeps its key file', async () => {
    await makeReferenceHome(at.from, HOME)
    await at.bring()
    expect(await readKeyFile(at.to)).toEqual(await readKeyFile(at.from))
  })

  test('may have a key file of an old release, in bincode', async () => {
    await makeReferenceHome(at.from, HOME)
    const now = await readKeyFile(at.from)
    const [name, routers, ...parts] = JSON.parse(Buffer.from(now).toString()) as [string, string[], ...number[][]]
    const old = parts.map((part) => write.bytes(Uint8Array.from(part)))
    await writeFile(join(at.from, '.keys'), write.join(write.text(name), write.list(routers, write.text), ...old))
    await at.bring()
    expect(await readKeyFile(at.to)).toEqual(now)
  })

  test('may have no drives, and a new home may be an empty folder', async () => {
    await makeReferenceHome(at.from, { processes: [MODULE] })
    await mkdir(at.to, { recursive: true })
    expect(await at.bring()).toMatchObject({ processes: 0, modules: 1, drives: { packages: 0, files: 0 } })
    expect(await readdir(at.to)).toEqual(['.keys', '.lock', '.lock-owner', 'kernel', 'vfs'])
  })

  // Written by RocksDB 8.10.0 and bincode 1.3.3 in Rust, those of the reference, which ended without closing it: two tables, one
  // compressed with Snappy, and a log. What it holds is below; `gone:chat:template.os` was deleted.
  test('is read as the libraries of the reference write it', async () => {
    const files = unzipSync(await readFile(new URL('rocksdb-8.10.zip', import.meta.url)))
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(at.from, path)), { recursive: true })
      await writeFile(join(at.from, path), bytes)
    }
    expect(await at.bring()).toMatchObject({
      name: NAME,
      processes: 3,
      ending: 1,
      modules: 4,
      states: 4,
      jwtSecretBytes: 2,
    })
    const store = await openStore({ folder: join(at.to, 'kernel'), nodeName: NAME })
    closing.push(() => store.close())
    const state = (name: string): Promise<Uint8Array | undefined> => store.readState(name)
    expect(await state('chat:chat:template.os')).toEqual(Uint8Array.of(0, 10, 13, 255))
    expect(await state('big:chat:template.os')).toEqual(utf8ToBytes('the same words again. '.repeat(5_000)))
    expect(await state('empty:chat:template.os')).toEqual(new Uint8Array(0))
    expect(await state('notifications:distro:sys')).toEqual(utf8ToBytes('{}'))
    expect(await state('gone:chat:template.os')).toBeUndefined()
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
    expect(readKeyFileHeader(await readKeyFile(at.to))).toEqual({ name: NAME, routers: ['relay.os'] })
  })

  test('whose log lost its end, as after a loss of power, is taken as RocksDB would open it', async () => {
    await makeReferenceHome(at.from, { processes: [MODULE], states: { 'a:b:c': 'first' } })
    putEntries(at.from, { 'a:b:c': 'second' })
    const log = (await readdir(join(at.from, 'kernel'))).find((name) => name.endsWith('.log')) ?? ''
    await truncate(join(at.from, 'kernel', log), (await stat(join(at.from, 'kernel', log))).size - 1)
    await at.bring()
    const { store } = await boot({})
    expect(await store.readState('a:b:c')).toEqual(utf8ToBytes('first'))
  })
})

test('of two imports into one home at once, one makes it and the other is refused', async () => {
  await makeReferenceHome(at.from, HOME)
  const outcomes = await Promise.allSettled([at.bring(), at.bring()])
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const refused = outcomes.find((outcome) => outcome.status === 'rejected')
  expect(refused?.reason).toMatchObject({
    code: 'target-home',
    message: `Cannot make home folder "${at.to}": it has been filled meanwhile`,
  })
  expect(await readdir(join(at.to, '..'))).toEqual(['home'])
  await boot({ main: never, last: never })
})
