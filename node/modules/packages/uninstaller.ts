import { formatPackageId, formatProcessId, type PackageId, quote } from '@hyperware/protocol'
import { DISTRO_PUBLISHER } from './check-package.ts'
import { UninstallError } from './errors.ts'
import type { Intents } from './intent.ts'
import { createKernelPort, type KernelPort, type KernelPortDeps, type Refusal } from './kernel-port.ts'
import { findPackageId } from './package-id.ts'
import type { Turn } from './turn.ts'

/** A process may start others while it is being ended; after so many rounds they are told apart from a last one. */
const ROUNDS_MAX = 5

export type UninstalledPackage = {
  readonly package: string
  /** The processes that were ended, scripts and children that ran among them, and those that the boot had left out. */
  readonly processes: readonly string[]
}

/** Takes a package away, by its id such as `hello:example.os`. @throws UninstallError */
export type Uninstaller = (packageId: string) => Promise<UninstalledPackage>

export type UninstallerDeps = KernelPortDeps & {
  /** Whether it is one of those that the node boots with, and would bring back. */
  readonly isBundled: (id: PackageId) => boolean
  readonly hasDrive: (id: PackageId) => Promise<boolean>
  /** Takes away what was installed, if there is anything. */
  readonly removeDrive: (id: PackageId) => Promise<void>
  readonly intents: Intents
  /** One at a time, of all that change packages. */
  readonly turn: Turn
}

/**
 * Takes packages away the way the app store does: their processes are ended and forgotten, with the rights they issued,
 * and what was installed is deleted. What they kept stays: state, other drives. An install finds it again. A node that is
 * killed meanwhile goes on when it boots.
 */
export function createUninstaller(deps: UninstallerDeps): Uninstaller {
  return async (text) => {
    const id = readPackageId(text)
    if (id.publisher === DISTRO_PUBLISHER || deps.isBundled(id)) {
      throw new UninstallError(
        { code: 'package-protected', package: text },
        `Cannot uninstall ${text}: it comes with the node, and stays`,
      )
    }
    if (!deps.turn.take()) {
      const message = `Cannot uninstall ${text}: another package is being installed or uninstalled`
      throw new UninstallError({ code: 'installing-already' }, message, { hint: 'try again in a few seconds' })
    }
    try {
      return await uninstall(deps, id)
    } finally {
      deps.turn.end()
    }
  }
}

/** Processes first: one that still ran could write into a drive that is gone. */
async function uninstall(deps: UninstallerDeps, id: PackageId): Promise<UninstalledPackage> {
  const name = formatPackageId(id)
  const kernel = createKernelPort(deps, (refusal) => refused(name, refusal))
  if ((await kernel.processesOf(id)).length === 0 && !(await deps.hasDrive(id))) {
    throw new UninstallError(
      { code: 'package-unknown', package: name },
      `Cannot uninstall ${name}: no such package is installed`,
    )
  }
  await deps.intents.begin({ kind: 'uninstall', package: name }).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `Cannot uninstall ${name}: that it has begun cannot be written: ${reason}`
    const hint = 'nothing was changed; give the disk what it misses, and uninstall again'
    throw new UninstallError({ code: 'intent-unwritable', package: name, reason }, message, { hint, cause })
  })
  const processes = await endProcesses(kernel, id)
  await deps.removeDrive(id)
  await deps.intents.end()
  return { package: name, processes }
}

async function endProcesses(kernel: KernelPort, id: PackageId): Promise<readonly string[]> {
  const name = formatPackageId(id)
  const ended = new Set<string>()
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const left = await kernel.processesOf(id)
    if (left.length === 0) return [...ended].toSorted()
    for (const process of left) {
      await kernel.ask(process, { kind: 'KillProcess', id: process }, 'KilledProcess')
      ended.add(formatProcessId(process))
    }
  }
  const left = (await kernel.processesOf(id)).map(formatProcessId)
  if (left.length === 0) return [...ended].toSorted()
  throw new UninstallError(
    { code: 'processes-left', package: name, processes: left },
    `Cannot uninstall ${name}: its processes go on starting others: ${left.slice(0, 5).join(', ')}`,
    { hint: 'what starts them has to end first: look at the processes with top' },
  )
}

function readPackageId(text: string): PackageId {
  const id = findPackageId(text)
  if (id !== undefined) return id
  throw new UninstallError(
    { code: 'bad-package-id', package: text },
    `Cannot uninstall ${quote(text)}: expected package:publisher, such as hello:example.os`,
  )
}

function refused(name: string, { about, command, reason }: Refusal): UninstallError {
  const process = formatProcessId(about)
  const message = `Cannot uninstall ${name}: the kernel did not do ${command} of ${process}: ${reason}`
  return new UninstallError({ code: 'kernel-refused', process, reason }, message, {
    hint: "the node's terminal says more; uninstalling again goes on with what is left, as starting the node again does",
  })
}
