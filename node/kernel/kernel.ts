import {
  formatProcessId,
  KERNEL_PROCESS,
  type KernelMessage,
  OUR,
  type ProcessAddress,
  type SignedCapability,
} from '@hyperware/protocol'
import { capabilityKey, networkCapability } from './capabilities.ts'
import type { Effect, Task } from './effects.ts'
import { createProcess, type Process } from './process.ts'
import type { SigningAllowance } from './signing.ts'
import type { StoreChange } from './store.ts'

/**
 * Everything the step reads and changes. It is changed in place: copying the maps for each message, as a function from
 * state to state would, costs more than all the rules together. Nothing outside the step holds on to it while it runs.
 */
export type Kernel = {
  readonly ourName: string
  /** By process id in text, runtime modules and the kernel itself among them. */
  readonly processes: Map<string, Process>
  readonly networkKey: string
  /** The entry of `kernel:distro:sys`. */
  readonly self: Process
  /** 64 random bits. */
  readonly randomId: () => bigint
  /** Ed25519 with the node's networking key: pure, and the same for the same bytes. */
  readonly sign: (bytes: Uint8Array) => Uint8Array
  readonly verify: (bytes: Uint8Array, signature: Uint8Array) => boolean
  /** Capabilities whose signature by our key nobody has accounted for yet. */
  readonly unsigned: WeakSet<SignedCapability>
  /** By package: what is left of the signatures it may have made; absent when that is all. */
  readonly signing: Map<string, SigningAllowance>
  /** Whether somebody watches the messages that pass. */
  observed: boolean
  nowMs: number
  /** What the present step has come to so far. */
  effects: Effect[]
  changes: StoreChange[]
  /** Answers of the kernel that wait until `changes`, and everything before, are on disk. */
  acknowledgements: KernelMessage[]
  readonly tasks: Task[]
  /** Processes whose latest change could not be written. */
  readonly unwritten: Set<string>
  /** How many commits have failed: whoever waited for the disk meanwhile has to wait once more. */
  failedCommits: number
  /**
   * Processes that are in the store but were left out at this boot, by process id; the next one may be able to run them.
   * Until then they lose what is revoked, as all others do.
   */
  readonly leftOut: Map<string, Process>
}

export type KernelDeps = Pick<Kernel, 'ourName' | 'randomId' | 'sign' | 'verify'>

export const KERNEL_KEY = formatProcessId(KERNEL_PROCESS)

/** A kernel without any process but itself. */
export function createKernel({ ourName, randomId, sign, verify }: KernelDeps): Kernel {
  const self = createProcess(ourName, {
    id: KERNEL_PROCESS,
    wasmBytesHandle: '',
    witVersion: 1,
    onExit: { kind: 'restart' },
    public: false,
    phase: { kind: 'module', handed: new Set() },
  })
  return {
    ourName,
    randomId,
    sign,
    verify,
    processes: new Map([[self.key, self]]),
    networkKey: capabilityKey(networkCapability(ourName)),
    self,
    unsigned: new WeakSet(),
    signing: new Map(),
    observed: false,
    nowMs: 0,
    effects: [],
    changes: [],
    acknowledgements: [],
    tasks: [],
    unwritten: new Set(),
    failedCommits: 0,
    leftOut: new Map(),
  }
}

export function emit(kernel: Kernel, effect: Effect): void {
  kernel.effects.push(effect)
}

/** Prints in the kernel's name. */
export function print(kernel: Kernel, verbosity: number, text: string): void {
  emit(kernel, { kind: 'print', print: { verbosity, source: KERNEL_PROCESS, text } })
}

/**
 * Prints for everybody to see what somebody can cause at will: a process of this node, or another node. `subject` is what
 * the complaint is about, usually the process at fault; the terminal keeps back what comes too often about one subject.
 */
export function complain(kernel: Kernel, subject: string, text: string): void {
  emit(kernel, { kind: 'print', print: { verbosity: 0, source: KERNEL_PROCESS, text, subject } })
}

/** `our` stands for the local name (kernel.md section 2). */
export function resolveOur(ourName: string, address: ProcessAddress): ProcessAddress {
  return address.node === OUR ? { ...address, node: ourName } : address
}

/** A random id that none of these requests has. */
export function freshId(kernel: Kernel, taken: { has: (id: bigint) => boolean }): bigint {
  for (;;) {
    const id = kernel.randomId()
    if (!taken.has(id)) return id
  }
}
