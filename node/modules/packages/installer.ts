import {
  type Capability,
  formatPackageId,
  formatProcessId,
  type KernelCommand,
  type NamedCapability,
  type PackageId,
  type ProcessId,
} from '@hyperware/protocol'
import { networkCapability, vfsCapability } from '../../kernel/capabilities.ts'
import type { BundledPackage } from '../vfs/bundled-packages.ts'
import type { StagedDrive } from '../vfs/package-drive.ts'
import { type CheckedPackage, type CheckedProcess, checkPackage } from './check-package.ts'
import { InstallError } from './errors.ts'
import type { Intents } from './intent.ts'
import { createKernelPort, type KernelPort, type KernelPortDeps, type Refusal } from './kernel-port.ts'
import type { Turn } from './turn.ts'

export type InstalledPackage = {
  readonly package: string
  readonly processes: readonly string[]
  /** Whether an earlier version ran, or left processes. What these kept as their state is there for the new ones. */
  readonly replaced: boolean
}

/** Installs the one package of a bundle. @throws InstallError */
export type Installer = (bundle: Uint8Array) => Promise<InstalledPackage>

export type InstallerDeps = KernelPortDeps & {
  /** Rejects a component that this node cannot run in that much memory, or in what it gives by default. */
  readonly checkComponent: (wasm: Uint8Array, memoryMaxBytes: number | undefined) => Promise<unknown>
  /** Writes the files of a package beside the drives, ready to take the place of those there. */
  readonly stageDrive: (each: BundledPackage) => Promise<StagedDrive>
  readonly intents: Intents
  /** One at a time, of all that change packages. */
  readonly turn: Turn
}

/**
 * Installs packages while the node runs, one at a time: the way the app store does (kernel.md section 12), with the
 * rights of its manifest, which the owner has approved. Processes of an earlier version are ended once the new files are
 * on the disk, and the bundle is kept as the intent: what cannot be written takes nothing away, and a node that is killed
 * from then on installs it when it boots.
 */
export function createInstaller(deps: InstallerDeps): Installer {
  const kernel = createKernelPort(deps, refused)
  return async (bundle) => {
    if (!deps.turn.take()) {
      const message = 'Cannot install package: another one is being installed or uninstalled'
      throw new InstallError({ code: 'installing-already' }, message, { hint: 'try again in a few seconds' })
    }
    try {
      return await install(deps, kernel, { bundle, ...(await checkPackage(bundle, deps.checkComponent)) })
    } finally {
      deps.turn.end()
    }
  }
}

type Given = CheckedPackage & { readonly bundle: Uint8Array }

async function install(deps: InstallerDeps, kernel: KernelPort, given: Given): Promise<InstalledPackage> {
  const { package: each, processes } = given
  const earlier = await replaceDrive(deps, kernel, given)
  for (const process of processes) await initialize(deps, kernel, each, process)
  for (const { id, entry } of processes) {
    for (const { process: to, params } of entry.grantCapabilities.read) {
      const capabilities = [issuedBy(deps, { process: id, params })]
      kernel.tell(id, { kind: 'GrantCapabilities', target: to, capabilities })
    }
  }
  for (const { id } of processes) await kernel.ask(id, { kind: 'RunProcess', id }, 'StartedProcess')
  await deps.intents.end()
  return {
    package: formatPackageId(each.id),
    processes: processes.map(({ id }) => formatProcessId(id)),
    replaced: earlier.length > 0,
  }
}

/** Ends the processes of the earlier version and puts the new drive in place; which processes these were. */
async function replaceDrive(
  deps: InstallerDeps,
  kernel: KernelPort,
  { package: each, bundle }: Given,
): Promise<readonly ProcessId[]> {
  const staged = await deps.stageDrive(each).catch((cause: unknown) => {
    throw driveFailed(each, 'drive-unwritable', cause)
  })
  try {
    const intent = { kind: 'install', package: formatPackageId(each.id), bundle } as const
    await deps.intents.begin(intent).catch((cause: unknown) => {
      throw driveFailed(each, 'intent-unwritable', cause)
    })
    const earlier = await kernel.processesOf(each.id)
    for (const id of earlier) await kernel.ask(id, { kind: 'KillProcess', id }, 'KilledProcess')
    await staged.place().catch((cause: unknown) => {
      throw driveFailed(each, 'drive-unplaced', cause)
    })
    return earlier
  } finally {
    await staged.discard()
  }
}

async function initialize(
  deps: InstallerDeps,
  kernel: KernelPort,
  each: BundledPackage,
  process: CheckedProcess,
): Promise<void> {
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
  await kernel.ask(id, made, 'InitializedProcess', component)
  kernel.tell(id, { kind: 'GrantCapabilities', target: id, capabilities: rightsOf(deps, each.id, entry) })
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

function driveFailed(
  { id }: BundledPackage,
  code: 'drive-unwritable' | 'intent-unwritable' | 'drive-unplaced',
  cause: unknown,
): InstallError {
  const name = formatPackageId(id)
  const reason = cause instanceof Error ? cause.message : String(cause)
  const [what, hint] = {
    'drive-unwritable': [
      'its files cannot be written',
      'an earlier version runs on; give the disk what it misses, and install again',
    ],
    'intent-unwritable': [
      'its bundle cannot be kept until it is installed',
      'an earlier version runs on; give the disk what it misses, and install again',
    ],
    'drive-unplaced': [
      'its files cannot take their place',
      'an earlier version was ended, and its files are kept; install again, or start the node again, which tries it too',
    ],
  }[code]
  return new InstallError({ code, package: name, reason }, `Cannot install ${name}: ${what}: ${reason}`, {
    hint,
    cause,
  })
}

function refused({ about, command, reason }: Refusal): InstallError {
  const process = formatProcessId(about)
  const message = `Cannot install ${process}: the kernel did not do ${command}: ${reason}`
  return new InstallError({ code: 'kernel-refused', process, reason }, message, {
    hint: "the node's terminal says more; installing again replaces what was left, as starting the node again does",
  })
}
