import {
  type Blob,
  type Capability,
  formatPackageId,
  formatProcessId,
  type KernelMessage,
  type OnExit,
  type ProcessAddress,
  type ProcessId,
  type SignedCapability,
} from '@hyperware/protocol'
import { capabilityKey, messagingCapability } from './capabilities.ts'
import type { GuestSpawn, PreparedGuest } from './guest.ts'
import { Inbox, type Mail } from './inbox.ts'
import { INBOX_MAX, PAID_MAX } from './limits.ts'
import { createPool, type Pool } from './shares.ts'

/** What a response would answer: all that is kept of the request (kernel.md section 5, "prompting message"). */
export type Prompt = {
  readonly id: bigint
  readonly source: ProcessAddress
  readonly rsvp: ProcessAddress | undefined
}

/** A request of a process that waits for its response, or for its deadline. */
export type Context = {
  /** As it was sent: `our` in its target stands as written. */
  readonly request: KernelMessage
  /** Of the request, or of a send-error in the inbox that settles it, whichever has more. */
  bytes: number
  readonly prompt: Prompt | undefined
  /** What the guest wants to hear again with the response. */
  readonly user: Uint8Array | undefined
  readonly deadlineMs: number
  /** The kernel asked in the process's name, to read the component of its child. */
  readonly spawn: GuestSpawn | undefined
  /** The response, or an error, is in the inbox already. */
  settled: boolean
}

/** One run of a guest, from `start` until it ends or is killed. What it says afterwards is not heard. */
export type Instance = {
  readonly process: Process
  readonly startedMs: number
  ended: boolean
  /** What the guest waits for, when that is a message: any, or what settles this request. */
  waiting: { readonly kind: 'receive' } | { readonly kind: 'await'; readonly id: bigint } | undefined
  /** Credits taken and not given back yet. */
  readonly owed: { messages: number; bytes: number }
  /** When it last got credit back, or began to owe. */
  creditedMs: number
}

/**
 * ```
 *             InitializeProcess        RunProcess
 *   (absent) ------------------> preparing ---> ready ---> running ---> (absent)   on-exit None or Requests, or killed
 *                                    |                        |  ^
 *                                    v not a component        v  |  on-exit Restart
 *                                 (absent)                   waiting
 * ```
 */
export type Phase =
  | { readonly kind: 'module'; readonly handed: Set<Mail> }
  | { readonly kind: 'preparing'; readonly run: KernelMessage[]; readonly done: PreparedThen }
  | { readonly kind: 'ready'; readonly prepared: PreparedGuest }
  | { readonly kind: 'running'; readonly prepared: PreparedGuest; readonly instance: Instance }
  /** Messages find nobody until the back-off is over. */
  | { readonly kind: 'waiting'; readonly prepared: PreparedGuest; readonly untilMs: number }
  /** No longer in the kernel: another process may have its name by now. */
  | { readonly kind: 'ended' }

/** Who hears how the preparation went. */
export type PreparedThen =
  | { readonly kind: 'command'; readonly asked: KernelMessage; readonly creator: Process }
  | { readonly kind: 'spawn'; readonly parent: Instance; readonly spawn: GuestSpawn }
  | { readonly kind: 'boot' }

/** A process of this node. The step owns it and changes it in place. */
export type Process = {
  readonly id: ProcessId
  /** Its id in text, by which the kernel finds it. */
  readonly key: string
  /** The id of its package in text. */
  readonly packageKey: string
  readonly address: ProcessAddress
  wasmBytesHandle: string
  witVersion: number | undefined
  onExit: OnExit
  public: boolean
  /** What its linear memories may hold together; undefined for the default. */
  memoryMaxBytes: number | undefined
  /** By `capabilityKey`. */
  readonly capabilities: Map<string, SignedCapability>
  /** Characters of their params. */
  capabilitiesLength: number
  /** The key of the capability to message it. */
  readonly messagingKey: string
  /** Its messages pass without a messaging capability (kernel.md section 4, check 4). */
  readonly alwaysHeard: boolean
  phase: Phase
  /** Is in the store. */
  stored: boolean
  readonly inbox: Inbox
  /** What waits here that took the credits of guests, by package; of the process itself by its key. */
  readonly paid: Pool
  /** What waits here that took no guest's credits, by other node. */
  readonly unpaid: Pool
  readonly contexts: Map<bigint, Context>
  contextBytes: number
  prompt: Prompt | undefined
  lastBlob: Blob | undefined
  /** What it issued and sent of late without holding it, by params, oldest first; and the characters of those. */
  readonly issued: Map<string, SignedCapability>
  issuedLength: number
  /** Capabilities that came with messages and may be saved, oldest first. */
  readonly delivered: Map<string, SignedCapability>
  /** Crashes in a row, counting the first start (kernel.md section 7). */
  attempts: number
  readonly counts: { received: number; sent: number }
}

const ALWAYS_HEARD = new Set(['kernel:distro:sys', 'state:distro:sys', 'vfs:distro:sys'])

export function createProcess(
  ourName: string,
  input: {
    id: ProcessId
    wasmBytesHandle: string
    witVersion: number | undefined
    onExit: OnExit
    public: boolean
    memoryMaxBytes?: number | undefined
    phase: Phase
  },
): Process {
  const key = formatProcessId(input.id)
  const address = { node: ourName, process: input.id }
  return {
    ...input,
    memoryMaxBytes: input.memoryMaxBytes,
    key,
    packageKey: formatPackageId(input.id),
    address,
    capabilities: new Map(),
    capabilitiesLength: 0,
    messagingKey: capabilityKey(messagingCapability(address)),
    alwaysHeard: ALWAYS_HEARD.has(key),
    stored: false,
    inbox: new Inbox(),
    paid: createPool(PAID_MAX),
    unpaid: createPool(INBOX_MAX),
    contexts: new Map(),
    contextBytes: 0,
    prompt: undefined,
    lastBlob: undefined,
    issued: new Map(),
    issuedLength: 0,
    delivered: new Map(),
    attempts: 1,
    counts: { received: 0, sent: 0 },
  }
}

export function holds(process: Process, capability: Capability): boolean {
  return process.capabilities.has(capabilityKey(capability))
}

/** A process that is over, or waits to be started again, is as good as absent to whoever writes to it. */
export function takesMessages(process: Process | undefined): process is Process {
  return process !== undefined && process.phase.kind !== 'waiting'
}

/** The publisher and package of every runtime module. */
export function runtimeModule(process: string): ProcessId {
  return { process, package: 'distro', publisher: 'sys' }
}
