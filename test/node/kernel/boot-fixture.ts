import { type Capability, decodeManifest, utf8ToBytes } from '@hyperware/protocol'
import type { DistroPackage } from '../../../node/kernel/boot.ts'
import type { KernelStore } from '../../../node/kernel/store.ts'
import { createTestKernel, idle } from './kernel-fixture.ts'
import { createScriptedRunner, type Script } from './scripted.ts'

export function createDistro(manifest: unknown, witVersion = 1): DistroPackage {
  const read = decodeManifest(JSON.stringify(manifest))
  if (!read.ok) throw new Error(read.problem)
  return { id: { package: 'chat', publisher: 'sys' }, witVersion, manifest: read.value }
}

export const ENTRY = {
  process_name: 'chat',
  process_wasm_path: '/chat.wasm',
  on_exit: 'Restart',
  request_networking: true,
  request_capabilities: ['vfs:distro:sys', { process: 'vfs:distro:sys', params: { root: true } }],
  grant_capabilities: ['tester:distro:sys', { process: 'other:chat:sys', params: 'Read' }, 'nobody:x:y'],
  public: false,
}

/** Boots a kernel whose components are the scripts of these names. */
export async function boot(
  store: KernelStore,
  scripts: Record<string, Script>,
  { packages = [], missing = [] }: { packages?: readonly DistroPackage[]; missing?: readonly string[] } = {},
) {
  const runner = createScriptedRunner(new Map(Object.entries(scripts)))
  const test = createTestKernel({ store, runner })
  await test.kernel.boot({
    packages,
    readComponent: (handle) => {
      const name = handle.split('/').at(-1) ?? ''
      return Promise.resolve(missing.includes(name) ? undefined : utf8ToBytes(name.replace('.wasm', '')))
    },
  })
  await idle()
  return test
}

/** The capabilities that a store keeps for a holder, in an order that does not depend on when they came. */
export function keptBy(store: KernelStore, holder: string): unknown {
  const kept = store.listProcesses().find(({ id }) => id === holder)?.capabilities ?? []
  const rank = ({ issuer, params }: Capability): string => `${issuer.process.process === 'a' ? 1 : 0}${params}`
  return kept.map(({ capability }) => capability).toSorted((a, b) => (rank(b) < rank(a) ? 1 : -1))
}
