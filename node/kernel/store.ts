import type { OnExit, SignedCapability } from '@hyperware/protocol'

/** A process as it is kept: everything a boot needs to start it again. `id` is the text form. */
export type StoredProcess = {
  readonly id: string
  readonly wasmBytesHandle: string
  readonly witVersion: number | undefined
  readonly onExit: OnExit
  readonly public: boolean
  readonly memoryMaxBytes?: number | undefined
}

export type StoreChange =
  /** The process itself; its capabilities are changes of their own. */
  | { readonly kind: 'put-process'; readonly process: StoredProcess }
  /** With its capabilities. Its state stays, as in the reference. */
  | { readonly kind: 'remove-process'; readonly id: string }
  | {
      readonly kind: 'put-capability'
      readonly holder: string
      readonly key: string
      readonly capability: SignedCapability
    }
  | { readonly kind: 'remove-capability'; readonly holder: string; readonly key: string }
  | { readonly kind: 'set-state'; readonly id: string; readonly bytes: Uint8Array }
  | { readonly kind: 'delete-state'; readonly id: string }

/** Where processes and their state outlive the node. */
export type KernelStore = {
  listProcesses: () => readonly (StoredProcess & { readonly capabilities: readonly SignedCapability[] })[]
  /** Sees every change given to `commit` before, whether it is on disk yet or not. The bytes are the caller's alone. */
  readState: (id: string) => Promise<Uint8Array | undefined>
  /**
   * Takes the bytes of states: they are the store's from now on.
   *
   * Resolves when all of these, and everything before that did not fail, would survive a loss of power; rejects when none
   * of them would. Settles in the order of the calls.
   */
  commit: (changes: readonly StoreChange[]) => Promise<void>
}

/** A store in memory, for kernels that need not outlive their process. */
export function createMemoryStore(): KernelStore {
  const processes = new Map<string, StoredProcess>()
  const capabilities = new Map<string, Map<string, SignedCapability>>()
  const state = new Map<string, Uint8Array>()
  return {
    listProcesses: () =>
      [...processes.values()].map((process) =>
        Object.assign({ capabilities: [...(capabilities.get(process.id)?.values() ?? [])] }, process),
      ),
    readState: (id) => Promise.resolve(state.get(id)?.slice()),
    commit(changes) {
      for (const change of changes) apply(change)
      return Promise.resolve()
    },
  }

  function apply(change: StoreChange): void {
    switch (change.kind) {
      case 'put-process':
        processes.set(change.process.id, change.process)
        return
      case 'remove-process':
        processes.delete(change.id)
        capabilities.delete(change.id)
        return
      case 'put-capability': {
        const held = capabilities.get(change.holder) ?? new Map<string, SignedCapability>()
        capabilities.set(change.holder, held.set(change.key, change.capability))
        return
      }
      case 'remove-capability':
        capabilities.get(change.holder)?.delete(change.key)
        return
      case 'set-state':
        state.set(change.id, change.bytes)
        return
      case 'delete-state':
        state.delete(change.id)
    }
  }
}
