import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findWithoutProcesses } from '../../../node/modules/packages/without-processes.ts'

let home: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hyperware-without-'))
})

afterEach(() => rm(home, { recursive: true, force: true }))

async function installed(name: string, manifest: string): Promise<void> {
  await mkdir(join(home, 'vfs', name, 'pkg'), { recursive: true })
  await writeFile(join(home, 'vfs', name, 'pkg/manifest.json'), manifest)
}

function manifestOf(processes: Readonly<Record<string, 'Restart' | 'None'>>): string {
  return JSON.stringify(
    Object.entries(processes).map(([name, onExit]) => ({
      process_name: name,
      process_wasm_path: '/a.wasm',
      on_exit: onExit,
      request_networking: false,
      request_capabilities: [],
      grant_capabilities: [],
      public: false,
    })),
  )
}

const find = (kept: readonly string[], bundled: readonly string[] = []) =>
  findWithoutProcesses({ home, kept: new Set(kept), bundled: new Set(bundled) })

test('a home without drives has none', async () => {
  expect(await find([])).toEqual([])
})

test('a kernel without any process lacks those of each package that is installed and does not come with the node', async () => {
  await installed('notes:b.os', manifestOf({ main: 'None' }))
  await installed('chat:a.os', manifestOf({ main: 'Restart' }))
  await installed('terminal:sys', manifestOf({ terminal: 'Restart' }))
  await mkdir(join(home, 'vfs/data:c.os/files'), { recursive: true })
  expect(await find([], ['terminal:sys'])).toEqual(['chat:a.os', 'notes:b.os'])
})

test('a package lacks a process that never ends by itself, and none that does', async () => {
  await installed('chat:a.os', manifestOf({ main: 'Restart', worker: 'Restart' }))
  await installed('notes:b.os', manifestOf({ main: 'Restart', once: 'None' }))
  const others = ['main:chat:a.os', 'main:notes:b.os']
  expect(await find([...others, 'worker:chat:a.os'])).toEqual([])
  expect(await find(others)).toEqual(['chat:a.os'])
  expect(await find(['main:chat:a.os', 'worker:chat:a.os'])).toEqual(['notes:b.os'])
})

test('a manifest that cannot be read names nothing', async () => {
  await installed('chat:a.os', 'nonsense')
  expect(await find(['main:notes:b.os'])).toEqual([])
})
