import {
  type Capability,
  formatPackageId,
  formatProcessId,
  json,
  KERNEL_PROCESS,
  type KernelAnswer,
  kernelAnswerJson,
  type KernelCommand,
  kernelCommandJson,
  type NamedCapability,
  type PackageId,
  type ProcessId,
} from '@hyperware/protocol'
import { networkCapability, vfsCapability } from '../../kernel/capabilities.ts'
import type { Asker } from '../http-server/asker.ts'
import type { BundledPackage } from '../vfs/bundled-packages.ts'
import { type CheckedPackage, type CheckedProcess, checkPackage } from './check-package.ts'
import { InstallError } from './errors.ts'

/** How long the kernel may take for one command; a component is checked by then, and compiled. */
const COMMAND_SECONDS = 30

export type InstalledPackage = {
  readonly package: string
  readonly processes: readonly string[]
  /** Whether an earlier version ran, or left processes. What these kept as their state is there for the new ones. */
  readonly replaced: boolean
}

/** Installs the one package of a bundle. @throws InstallError */
export type Installer = (bundle: Uint8Array) => Promise<InstalledPackage>

export type InstallerDeps = {
  readonly ourName: string
  readonly asker: Pick<Asker, 'ask' | 'tell'>
  /** Rejects a component that this node cannot run in that much memory, or in what it gives by default. */
  readonly checkComponent: (wasm: Uint8Array, memoryMaxBytes: number | undefined) => Promise<unknown>
  /** Puts the files of a package into its drive, in place of those there. */
  readonly writeDrive: (each: BundledPackage) => Promise<void>
}

/**
 * Installs packages while the node runs, one at a time: the way the app store does (kernel.md section 12), with the
 * rights of its manifest, which the owner has approved. Processes of an earlier version are ended first.
 */
export function createInstaller(deps: InstallerDeps): Installer {
  let installing = false
  return async (bundle) => {
    if (installing) {
      throw new InstallError({ code: 'installing-already' }, 'Cannot install package: another one is being installed', {
        hint: 'try again in a few seconds',
      })
    }
    installing = true
    try {
      return await install(deps, await checkPackage(bundle, deps.checkComponent))
    } finally {
      installing = false
    }
  }
}

async function install(deps: InstallerDeps, checked: CheckedPackage): Promise<InstalledPackage> {
  const { package: each, processes } = checked
  const earlier = await listProcesses(deps, each.id)
  for (const id of earlier) await command(deps, id, { kind: 'KillProcess', id }, 'KilledProcess')
  await deps.writeDrive(each)
  for (const process of processes) await initialize(deps, each, process)
  for (const { id, entry } of processes) {
    for (const { process: to, params } of entry.grantCapabilities.read) {
      tell(deps, id, { kind: 'GrantCapabilities', target: to, capabilities: [issuedBy(deps, { process: id, params })] })
    }
  }
  for (const { id } of processes) await command(deps, id, { kind: 'RunProcess', id }, 'StartedProcess')
  return {
    package: formatPackageId(each.id),
    processes: processes.map(({ id }) => formatProcessId(id)),
    replaced: earlier.length > 0,
  }
}

/** Every process of the package, also scripts and children that run now. */
async function listProcesses(deps: InstallerDeps, { package: name, publisher }: PackageId): Promise<ProcessId[]> {
  const asked = { process: '*', package: name, publisher }
  const answer = await command(deps, asked, { kind: 'Debug', question: { kind: 'ProcessMap' } }, 'Debug')
  if (answer.kind !== 'Debug' || answer.answer.kind !== 'ProcessMap') return []
  const suffix = `:${name}:${publisher}`
  return [...answer.answer.processes.keys()]
    .filter((key) => key.endsWith(suffix))
    .map((key) => ({ process: key.slice(0, -suffix.length), package: name, publisher }))
}

async function initialize(deps: InstallerDeps, each: BundledPackage, process: CheckedProcess): Promise<void> {
  const { id, entry, handle, component } = process
  const made: KernelCommand = {
    kind: 'InitializeProcess',
    id,
    wasmBytesHandle: handle,
    witVersion: each.witVersion,
    onExit: entry.onExit,
    initialCapabilities: [],
    public: entry.public,
    memoryMaxBytes: entry.memoryMaxBytes,
  }
  await command(deps, id, made, 'InitializedProcess', component)
  tell(deps, id, { kind: 'GrantCapabilities', target: id, capabilities: rightsOf(deps, each.id, entry) })
}

function rightsOf(deps: InstallerDeps, id: PackageId, entry: CheckedProcess['entry']): readonly Capability[] {
  const drive = `/${formatPackageId(id)}/pkg`
  return [
    ...entry.requestCapabilities.read.map((named) => issuedBy(deps, named)),
    ...(entry.requestNetworking ? [networkCapability(deps.ourName)] : []),
    vfsCapability(deps.ourName, 'read', drive),
    vfsCapability(deps.ourName, 'write', drive),
  ]
}

function issuedBy({ ourName }: InstallerDeps, { process, params }: NamedCapability): Capability {
  return { issuer: { node: ourName, process }, params }
}

function tell({ ourName, asker }: InstallerDeps, about: ProcessId, value: KernelCommand): void {
  const target = { node: ourName, process: KERNEL_PROCESS }
  if (!asker.tell({ target, body: json.encodeWith(kernelCommandJson, value) })) {
    throw refused(about, value, 'too much waits for it')
  }
}

async function command(
  { ourName, asker }: InstallerDeps,
  about: ProcessId,
  value: KernelCommand,
  expected: KernelAnswer['kind'],
  bytes?: Uint8Array,
): Promise<KernelAnswer> {
  const target = { node: ourName, process: KERNEL_PROCESS }
  const body = json.encodeWith(kernelCommandJson, value)
  const blob = bytes && { mime: undefined, bytes }
  const outcome = await asker.ask({ target, body, seconds: COMMAND_SECONDS, blob })
  if (outcome.kind === 'busy') throw refused(about, value, 'too much waits for it')
  if (outcome.kind === 'send-error') throw refused(about, value, outcome.error.reason)
  const answer = json.decodeWith(kernelAnswerJson, 'the answer of the kernel', outcome.message.message.body)
  if (!answer.ok) throw refused(about, value, answer.problem)
  if (answer.value.kind !== expected) throw refused(about, value, `it answered ${answer.value.kind}`)
  return answer.value
}

function refused(about: ProcessId, { kind }: KernelCommand, reason: string): InstallError {
  const process = formatProcessId(about)
  const message = `Cannot install ${process}: the kernel did not do ${kind}: ${reason}`
  return new InstallError({ code: 'kernel-refused', process, reason }, message, {
    hint: "the node's terminal says more; installing again replaces what was left",
  })
}
