import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAddress, type SignedCapability, utf8ToBytes } from '@hyperware/protocol'
import { afterEach, beforeEach } from 'vitest'
import { importHome, type ImportReport } from '../../../node/import/index.ts'
import type { ReferenceProcess } from '../../../node/import/process-map.ts'
import { NAME, type ReferenceHome } from './reference-home.ts'

/** For each test a folder, in which a home of the reference is imported `from` one place `to` another. */
export type Folders = {
  folder: string
  from: string
  to: string
  readonly bring: (more?: { readonly ldb?: string }) => Promise<ImportReport>
}

export function useFolders(): Folders {
  const folders: Folders = {
    folder: '',
    from: '',
    to: '',
    bring: (more = {}) => importHome({ from: folders.from, to: folders.to, tell: () => undefined, ...more }),
  }
  beforeEach(async () => {
    folders.folder = await mkdtemp(join(tmpdir(), 'hyperware-import-'))
    folders.from = join(folders.folder, 'reference')
    folders.to = join(folders.folder, 'new', 'home')
  })
  afterEach(() => rm(folders.folder, { recursive: true }))
  return folders
}

/** Every path below a folder with what a change of it would change. */
export async function snapshot(root: string): Promise<Record<string, string>> {
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

export const SIGNATURE = new Uint8Array(64).fill(1)
export const signed = (issuer: string, params: string): SignedCapability => ({
  capability: { issuer: parseAddress(issuer), params },
  signature: SIGNATURE,
})

export function processOf(name: string, more: Partial<ReferenceProcess> = {}): ReferenceProcess {
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

export const MODULE = processOf('kernel', { id: 'kernel:distro:sys', wasmBytesHandle: '' })
export const OURS = signed(`${NAME}@vfs:distro:sys`, '{"kind": "read", "drive": "/chat:template.os/pkg"}')
export const THEIRS = signed('bob.os@chat:chat:template.os', '"messaging"')
export const LAST_WORDS = {
  target: parseAddress(`${NAME}@chat:chat:template.os`),
  inherit: false,
  expectsResponse: 5n,
  body: utf8ToBytes('bye'),
  metadata: undefined,
  capabilities: [],
  blob: undefined,
}
export const HOME: ReferenceHome = {
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
