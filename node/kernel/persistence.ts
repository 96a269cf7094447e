import type { SignedCapability } from '@hyperware/protocol'
import type { Kernel } from './kernel.ts'
import type { Process } from './process.ts'
import type { StoreChange } from './store.ts'

/** A process that ends with its node is not kept (kernel.md section 17, D11), so it need not be dropped at the next boot. */
function isDurable(process: Process): boolean {
  return process.onExit.kind !== 'none'
}

/** Notes that the process came, or that what is kept of it changed; all of the step's changes are written as one. */
export function keepProcess(kernel: Kernel, process: Process): void {
  forgetLeftOut(kernel, process.key)
  if (!isDurable(process)) return forgetProcess(kernel, process)
  if (process.stored) {
    kernel.changes.push(recordOf(process))
    return
  }
  process.stored = true
  kernel.changes.push(...wholeProcess(process))
}

export function forgetProcess(kernel: Kernel, process: Process): void {
  if (!process.stored) return
  process.stored = false
  kernel.changes.push({ kind: 'remove-process', id: process.key })
}

/** Another process has the name now, or its owner wants it gone: what was left out is not to come back. */
export function forgetLeftOut(kernel: Kernel, key: string): void {
  if (kernel.leftOut.delete(key)) kernel.changes.push({ kind: 'remove-process', id: key })
}

export function keepCapability(kernel: Kernel, holder: Process, key: string, capability: SignedCapability): void {
  if (holder.stored) kernel.changes.push({ kind: 'put-capability', holder: holder.key, key, capability })
}

export function forgetCapability(kernel: Kernel, holder: Process, key: string): void {
  if (holder.stored) kernel.changes.push({ kind: 'remove-capability', holder: holder.key, key })
}

/** Writes once more, from memory, every process of which some change failed. */
export function keepUnwritten(kernel: Kernel): void {
  for (const key of kernel.unwritten) {
    const process = kernel.processes.get(key)
    if (process?.stored) kernel.changes.push(...wholeProcess(process))
    else kernel.changes.push({ kind: 'remove-process', id: key })
  }
  kernel.unwritten.clear()
}

function wholeProcess(process: Process): StoreChange[] {
  const held = [...process.capabilities].map(([key, capability]): StoreChange => ({
    kind: 'put-capability',
    holder: process.key,
    key,
    capability,
  }))
  return [{ kind: 'remove-process', id: process.key }, recordOf(process), ...held]
}

function recordOf(process: Process): StoreChange {
  const { key, wasmBytesHandle, witVersion, onExit, public: isPublic, memoryMaxBytes } = process
  return {
    kind: 'put-process',
    process: { id: key, wasmBytesHandle, witVersion, onExit, public: isPublic, memoryMaxBytes },
  }
}
