import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseName } from '@hyperware/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCommandLine } from '../../scripts/cli/program.ts'
import { describeImport } from '../../scripts/commands/node-import-run.ts'
import { makeReferenceHome, NAME } from '../node/import/reference-home.ts'

let folder: string
let from: string
let to: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hyperware-import-'))
  from = join(folder, 'reference')
  to = join(folder, 'home')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function run(...args: readonly string[]) {
  const out: string[] = []
  const err: string[] = []
  const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} }
  const code = await runCommandLine(['node', 'import', ...args], io)
  return { code, out, err }
}

test('"node import" says what came along and what stays, or gives it as one line of JSON', async () => {
  const states = { 'main:app:pub.os': 'x' }
  const files = { 'vfs/app:pub.os/pkg/main.wasm': 'x', 'kv/app:pub.os/main/CURRENT': '', '.eth_providers': '[]' }
  await makeReferenceHome(from, { states, files })
  expect(await run(from, '--home', to)).toEqual({
    code: 0,
    out: [`imported ${NAME} into ${to}`],
    err: [
      expect.stringMatching(/^reading processes and states with RocksDB \d+\.\d+\.\d+$/),
      'copying drives',
      'processes  0 of packages, 0 modules of the node',
      'states     1',
      'drives     of 1 package: 1 file, 1 byte',
      `stay in ${from}, since this node has no such module yet: kv/app:pub.os/main`,
      `stay in ${from}: .eth_providers`,
      "Do not start the reference node again: two nodes with one key take each other's place.",
    ],
  })
  // As in every home of a node, nothing is for others to read.
  for (const path of readdirSync(to, { recursive: true, encoding: 'utf8' })) {
    expect([path, statSync(join(to, path)).mode & 0o077]).toEqual([path, 0])
  }
  const second = await run(from, '--home', join(folder, 'second'), '--json')
  expect(second).toMatchObject({ code: 0, err: [] })
  expect(second.out).toHaveLength(1)
  expect(JSON.parse(second.out[0] ?? '')).toMatchObject({ name: NAME, states: 1, left: ['.eth_providers'] })
})

test('"node import" that is refused ends with exit code 3 and a hint, and makes nothing', async () => {
  mkdirSync(from)
  expect(await run(from, '--home', to)).toEqual({
    code: 3,
    out: [],
    err: [
      `Cannot import "${from}": it has no folder "kernel"\n` +
        'Hint: name the home folder of a reference node (Hyperdrive), which holds .keys, kernel and vfs',
    ],
  })
  expect(readdirSync(folder)).toEqual(['reference'])
})

test('a long list of what is left out or dropped is cut short', () => {
  const lines = describeImport({
    name: parseName(NAME),
    from: '/old',
    home: '/new',
    rocksdb: '7.8.3',
    jwtSecretBytes: 2,
    processes: 20,
    ending: 3,
    modules: 11,
    withoutComponent: Array.from({ length: 12 }, (_, index) => `p${index}:a:b`),
    states: 2,
    drives: { packages: 1, files: 2, bytes: 3, leftOut: 2, leftOutFirst: [{ path: 'a:b/x', why: 'it is a link' }] },
    databases: [],
    left: [],
  })
  expect(lines).toEqual([
    'processes  20 of packages, 11 modules of the node',
    'states     2',
    'drives     of 1 package: 2 files, 3 bytes',
    'left out   vfs/a:b/x (it is a link), and 1 more',
    'dropped    at the first boot, since they were not to outlive their node: 3 of the processes',
    'dropped    at the first boot, since their components are missing: ' +
      'p0:a:b, p1:a:b, p2:a:b, p3:a:b, p4:a:b, p5:a:b, p6:a:b, p7:a:b, p8:a:b, p9:a:b, and 2 more',
    'weak       the key file signs logins with a secret of 2 bytes, which can be guessed, expected 32: ' +
      '"keys rotate" makes a new one, with a new networking key',
    "Do not start the reference node again: two nodes with one key take each other's place.",
  ])
})
