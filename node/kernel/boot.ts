import {
  type Capability,
  decodeProcessId,
  formatError,
  formatPackageId,
  formatProcessId,
  isHypermapSafe,
  type ManifestEntry,
  type PackageId,
  type ProcessId,
  quote,
} from '@hyperware/protocol'
import { capabilityKey, messagingCapability, networkCapability, vfsCapability } from './capabilities.ts'
import type { Effect, KernelEvent } from './effects.ts'
import { memoryAboveCeiling, noRunner } from './errors.ts'
import type { GuestRunner, PreparedGuest } from './guest.ts'
import { type Kernel, print } from './kernel.ts'
import { MEMORY_CEILING_BYTES, WIT_VERSION_MAX } from './limits.ts'
import { keepProcess } from './persistence.ts'
import { createProcess, type Phase, type Process } from './process.ts'
import { addCapability } from './rights.ts'
import { signCapability } from './signing.ts'
import { settle } from './step.ts'
import type { KernelStore } from './store.ts'

/** A package that comes with the node, its files in the vfs already (kernel.md section 12). */
export type DistroPackage = {
  readonly id: PackageId
  readonly witVersion: number | undefined
  readonly manifest: readonly ManifestEntry[]
}

export type BootInput = {
  readonly packages: readonly DistroPackage[]
  /** The component at a handle such as `/chat:template.os/pkg/chat.wasm`; undefined when there is no such file. */
  readonly readComponent: (wasmBytesHandle: string) => Promise<Uint8Array | undefined>
}

/** Components read and checked at the same time. */
const PREPARING_MAX = 4

/**
 * Fills the kernel with its modules, each of which may message all others and the network (kernel.md section 9.7), and
 * with the processes that were kept. These take mail from now on, and run after `boot`.
 */
export function loadProcesses(
  kernel: Kernel,
  modules: readonly { readonly id: ProcessId; readonly public: boolean }[],
  store: KernelStore,
): readonly Effect[] {
  const stored = new Map(store.listProcesses().map((process) => [process.id, process]))
  const over = new Set([...stored.values()].filter(endedWithNode).map(({ id }) => id))
  for (const module of modules) {
    const phase: Phase = { kind: 'module', handed: new Set() }
    const fixed = { wasmBytesHandle: '', witVersion: 1, onExit: { kind: 'restart' } } as const
    const process = createProcess(kernel.ourName, { ...module, ...fixed, phase })
    kernel.processes.set(process.key, process)
  }
  const own = [...kernel.processes.values()]
  for (const process of own) {
    const kept = stored.get(process.key)
    if (kept !== undefined) process.stored = true
    if (kept !== undefined) holdKept(kernel, process, kept, over)
    for (const { address } of own) addOwn(kernel, process, messagingCapability(address))
    addOwn(kernel, process, networkCapability(kernel.ourName))
    if (kept === undefined) keepProcess(kernel, process)
  }
  for (const kept of stored.values()) if (!kernel.processes.has(kept.id)) load(kernel, kept, over)
  return settle(kernel)
}

type Kept = ReturnType<KernelStore['listProcesses']>[number]

function endedWithNode({ wasmBytesHandle, onExit }: Kept): boolean {
  return wasmBytesHandle !== '' && onExit.kind === 'none'
}

/** The reference keeps its modules in the same map, with an empty handle; so do we, and leave alone those we lack. */
function load(kernel: Kernel, kept: Kept, over: ReadonlySet<string>): void {
  if (kept.wasmBytesHandle === '') return
  const id = decodeProcessId(kept.id)
  if (!id.ok || !isHypermapSafe(id.value) || endedWithNode(kept)) {
    const why = endedWithNode(kept) ? 'it was not to outlive its node' : 'its name is outside the alphabet'
    print(kernel, 0, `removed the process ${quote(kept.id)}: ${why}`)
    kernel.changes.push({ kind: 'remove-process', id: kept.id })
    return
  }
  const tooNew = kept.witVersion !== undefined && kept.witVersion > WIT_VERSION_MAX
  const phase: Phase = tooNew ? { kind: 'ended' } : preparing()
  const process = createProcess(kernel.ourName, { ...kept, id: id.value, phase })
  process.stored = true
  holdKept(kernel, process, kept, over)
  const among = tooNew ? kernel.leftOut : kernel.processes
  among.set(process.key, process)
  if (!tooNew) return
  const why = `it is made for version ${kept.witVersion} of the process world, expected at most ${WIT_VERSION_MAX}`
  print(kernel, 0, `left out the process ${kept.id}: ${why}`)
}

/**
 * Our key may have changed since, so what we issue is signed again; the store has it already. What those issued that were
 * not to outlive their node is over with them.
 */
function holdKept(kernel: Kernel, process: Process, { id, capabilities }: Kept, over: ReadonlySet<string>): void {
  const { stored } = process
  process.stored = false
  for (const kept of capabilities) {
    const { issuer } = kept.capability
    const ours = issuer.node === kernel.ourName
    if (ours && over.has(formatProcessId(issuer.process))) {
      kernel.changes.push({ kind: 'remove-capability', holder: id, key: capabilityKey(kept.capability) })
    } else addCapability(kernel, process, ours ? signCapability(kernel, kept.capability) : kept)
  }
  process.stored = stored
}

function addOwn(kernel: Kernel, process: Process, capability: Capability): void {
  addCapability(kernel, process, signCapability(kernel, capability))
}

/** Takes in the packages of the node, at every boot. Returns the processes whose components are to be prepared. */
export function startAll(
  kernel: Kernel,
  { packages }: BootInput,
): { processes: readonly Process[]; effects: readonly Effect[] } {
  for (const each of packages) for (const entry of each.manifest) takeIn(kernel, each, entry)
  for (const { id, manifest } of packages) {
    for (const entry of manifest) grantTo(kernel, id, entry)
  }
  const processes = [...kernel.processes.values()].filter(isBooting)
  return { processes, effects: settle(kernel) }
}

function isBooting({ phase }: Process): boolean {
  return phase.kind === 'preparing' && phase.done.kind === 'boot'
}

/** A new entry, or new terms for the one that is there: what it holds is extended, never taken away. */
function takeIn(kernel: Kernel, { id, witVersion }: DistroPackage, entry: ManifestEntry): void {
  const processId = { process: entry.processName, package: id.package, publisher: id.publisher }
  if (!isHypermapSafe(processId)) {
    return print(
      kernel,
      0,
      `left out the process ${quote(formatProcessId(processId))}: its name is outside the alphabet`,
    )
  }
  for (const problem of [...entry.requestCapabilities.problems, ...entry.grantCapabilities.problems]) {
    print(kernel, 0, `manifest of ${formatProcessId(processId)}: skipped a capability: ${problem}`)
  }
  const drive = `/${formatPackageId(id)}/pkg`
  const wasmBytesHandle = `${drive}/${entry.wasmPath.replace(/^\/+/, '')}`
  const { onExit, public: isPublic, memoryMaxBytes } = entry
  const terms = { wasmBytesHandle, witVersion, onExit, public: isPublic, memoryMaxBytes }
  const existing = kernel.processes.get(formatProcessId(processId))
  const process =
    existing === undefined
      ? createProcess(kernel.ourName, { id: processId, ...terms, phase: preparing() })
      : Object.assign(existing, terms)
  kernel.processes.set(process.key, process)
  addOwn(kernel, process, messagingCapability(process.address))
  if (entry.requestNetworking) addOwn(kernel, process, networkCapability(kernel.ourName))
  for (const kind of ['read', 'write'] as const) addOwn(kernel, process, vfsCapability(kernel.ourName, kind, drive))
  for (const { process: issuer, params } of entry.requestCapabilities.read) {
    addOwn(kernel, process, { issuer: { node: kernel.ourName, process: issuer }, params })
  }
  keepProcess(kernel, process)
}

function grantTo(kernel: Kernel, id: PackageId, entry: ManifestEntry): void {
  const issuer = {
    node: kernel.ourName,
    process: { process: entry.processName, package: id.package, publisher: id.publisher },
  }
  for (const { process: to, params } of entry.grantCapabilities.read) {
    const holder = kernel.processes.get(formatProcessId(to))
    if (holder !== undefined) addOwn(kernel, holder, { issuer, params })
  }
}

function preparing(): Phase {
  return { kind: 'preparing', run: [], done: { kind: 'boot' } }
}

type Preparing = { readonly runner: GuestRunner | undefined; readonly memoryMaxBytes: number }

/** Every process comes by here, however it came about, so this is where the ceiling is. @throws KernelError */
export async function prepareComponent(
  { runner, memoryMaxBytes: defaultBytes }: Preparing,
  { memoryMaxBytes = defaultBytes }: Process,
  wasm: Uint8Array,
): Promise<PreparedGuest> {
  if (runner === undefined) throw noRunner()
  if (memoryMaxBytes > MEMORY_CEILING_BYTES) throw memoryAboveCeiling(memoryMaxBytes, MEMORY_CEILING_BYTES)
  return runner.prepare(wasm, { memoryMaxBytes })
}

/** Reads and checks the components, a few at a time. One that is missing or cannot run costs its process only. */
export async function prepareAll(
  deps: Preparing,
  processes: readonly Process[],
  readComponent: BootInput['readComponent'],
  tell: (event: KernelEvent) => void,
): Promise<void> {
  const waiting = processes.values()
  async function prepareSome(): Promise<void> {
    for (const process of waiting) {
      try {
        const wasm = await readComponent(process.wasmBytesHandle)
        if (wasm === undefined) {
          tell({ kind: 'component-gone', process })
        } else tell({ kind: 'prepared', process, prepared: await prepareComponent(deps, process, wasm) })
      } catch (error) {
        tell({ kind: 'not-prepared', process, reason: formatError(error) })
      }
    }
  }
  await Promise.all(Array.from({ length: PREPARING_MAX }, prepareSome))
}
