import { formatProcessId, type OnExit, type SignedCapability } from '@hyperware/protocol'
import { isIssuedBy } from './capabilities.ts'
import { complain, type Kernel } from './kernel.ts'
import { onExitProblem } from './on-exit.ts'
import type { Process } from './process.ts'
import type { StoreChange } from './store.ts'

/**
 * A process that ends with its node is not kept (kernel.md section 17, D11). One that was kept already stays in the store
 * till it ends, and the next boot drops it with all it issued: so a guest that changes its mind writes one row each time.
 */
function isDurable(process: Process): boolean {
  return process.onExit.kind !== 'none'
}

/** Notes that the process came, or that what is kept of it changed; all of the step's changes are written as one. */
export function keepProcess(kernel: Kernel, process: Process): void {
  forgetLeftOut(kernel, process.key)
  if (process.stored) {
    kernel.changes.push(recordOf(process))
    return
  }
  if (!isDurable(process)) return
  process.stored = true
  kernel.changes.push(...wholeProcess(kernel, process))
  // What it issued is kept from now on too; some may be older than it, and its predecessor's.
  for (const holder of kernel.processes.values()) {
    if (holder === process) continue
    for (const [key, held] of holder.capabilities) {
      if (isIssuedBy(held.capability, kernel.ourName, process.id)) keepCapability(kernel, holder, key, held)
    }
  }
}

export function forgetProcess(kernel: Kernel, process: Process): void {
  if (!process.stored) return
  process.stored = false
  kernel.changes.push({ kind: 'remove-process', id: process.key })
}

/** Another process has the name now, or its owner wants it gone: what was left out is not to come back. */
export function forgetLeftOut(kernel: Kernel, key: string): boolean {
  const known = kernel.leftOut.delete(key)
  if (known) kernel.changes.push({ kind: 'remove-process', id: key })
  return known
}

/** Says what becomes of a process that ends, and so whether it, and what it issued, is kept. */
export function setOnExit(kernel: Kernel, process: Process, onExit: OnExit): void {
  const problem = onExitProblem(onExit)
  if (problem !== undefined)
    return complain(kernel, process.key, `the on-exit of ${process.key} stays as it was: ${problem}`)
  process.onExit = onExit
  keepProcess(kernel, process)
}

export function keepCapability(kernel: Kernel, holder: Process, key: string, signed: SignedCapability): void {
  if (holder.stored && outlivesNode(kernel, signed)) kernel.changes.push(rowOf(kernel, holder, key, signed))
}

/**
 * What a process issued that ends with its node ends with it too. Otherwise a parent would hold messaging to the children
 * of every boot before, and the next process of such a name would be trusted by whoever trusted the last one.
 */
function outlivesNode(kernel: Kernel, { capability: { issuer } }: SignedCapability): boolean {
  if (issuer.node !== kernel.ourName) return true
  const process = kernel.processes.get(formatProcessId(issuer.process))
  return process === undefined || process.stored || isDurable(process)
}

/** Without our own signatures: what this node issued is signed anew at every boot. */
function rowOf(kernel: Kernel, holder: Process, key: string, signed: SignedCapability): StoreChange {
  const { capability } = signed
  const signature = capability.issuer.node === kernel.ourName ? new Uint8Array(0) : signed.signature
  return { kind: 'put-capability', holder: holder.key, key, capability: { capability, signature } }
}

export function forgetCapability(kernel: Kernel, holder: Process, key: string): void {
  if (holder.stored) kernel.changes.push({ kind: 'remove-capability', holder: holder.key, key })
}

/** Writes once more, from memory, every process of which some change failed. */
export function keepUnwritten(kernel: Kernel): void {
  for (const key of kernel.unwritten) {
    const process = kernel.processes.get(key) ?? kernel.leftOut.get(key)
    if (process?.stored) kernel.changes.push(...wholeProcess(kernel, process))
    else kernel.changes.push({ kind: 'remove-process', id: key })
  }
  kernel.unwritten.clear()
}

function wholeProcess(kernel: Kernel, process: Process): StoreChange[] {
  const held = [...process.capabilities]
    .filter(([, signed]) => outlivesNode(kernel, signed))
    .map(([key, signed]) => rowOf(kernel, process, key, signed))
  return [{ kind: 'remove-process', id: process.key }, recordOf(process), ...held]
}

function recordOf(process: Process): StoreChange {
  const { key, wasmBytesHandle, witVersion, onExit, public: isPublic, memoryMaxBytes } = process
  return {
    kind: 'put-process',
    process: { id: key, wasmBytesHandle, witVersion, onExit, public: isPublic, memoryMaxBytes },
  }
}
