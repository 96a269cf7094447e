import { formatProcessId, type KernelMessage, type ProcessAddress, type ProcessId } from '@hyperware/protocol'

/** The publisher and package of every runtime module. */
export function runtimeModule(process: string): ProcessId {
  return { process, package: 'distro', publisher: 'sys' }
}

/** `issuer` is a process address in text, `params` is JSON text. */
export type HeldCapability = { issuer: string; params: string }

/** What the kernel knows of one local process. */
export type ProcessRecord = {
  id: ProcessId
  /** A public process takes messages from any local process. */
  public: boolean
  /** Keys made by `capabilityKey`. */
  capabilities: ReadonlySet<string>
}

/** A request of a local process that waits for its response, or for its deadline. */
export type PendingRequest = { message: KernelMessage; deadlineMs: number }

/** Everything the pure step reads and replaces. Keys of the maps are process ids in text, and `pendingKey`s. */
export type KernelState = {
  ourName: string
  processes: ReadonlyMap<string, ProcessRecord>
  pending: ReadonlyMap<string, PendingRequest>
}

/** Requests that may wait at the same time, over all processes. */
export const PENDING_MAX = 1_000

/** Longest wait for a response, in seconds: one day. */
export const EXPECTS_RESPONSE_MAX_SECONDS = 86_400

/** Why a message could not be delivered. `timeout` also stands for a missing target or capability (kernel.md section 4). */
export type SendErrorKind = 'offline' | 'timeout'
export type SendError = { kind: SendErrorKind; message: KernelMessage; reason: string }

/** Why a message went nowhere without its sender being told. */
export type DropReason =
  | 'source-unknown'
  | 'source-lacks-network'
  | 'source-lacks-messaging'
  | 'target-unknown'
  | 'target-lacks-network'
  | 'target-is-another-node'
  | 'response-not-awaited'

export function capabilityKey({ issuer, params }: HeldCapability): string {
  return `${issuer}\n${params}`
}

export function networkCapability(ourName: string): HeldCapability {
  return { issuer: `${ourName}@kernel:distro:sys`, params: '"network"' }
}

export function messagingCapability(ourName: string, target: ProcessId): HeldCapability {
  return { issuer: `${ourName}@${formatProcessId(target)}`, params: '"messaging"' }
}

/** Ids are random per requester, so the requester is part of the key. */
export function pendingKey(id: bigint, requester: ProcessId): string {
  return `${id}/${formatProcessId(requester)}`
}

/**
 * The state of a node that runs these runtime modules. Each is granted messaging to all of them and the network
 * (kernel.md section 9.7).
 */
export function createKernelState(
  ourName: string,
  modules: readonly { id: ProcessId; public: boolean }[],
): KernelState {
  const granted = [networkCapability(ourName), ...modules.map(({ id }) => messagingCapability(ourName, id))]
  const capabilities: ReadonlySet<string> = new Set(granted.map(capabilityKey))
  return {
    ourName,
    processes: new Map(modules.map((module) => [formatProcessId(module.id), { ...module, capabilities }])),
    pending: new Map(),
  }
}

export function holds(process: ProcessRecord, capability: HeldCapability): boolean {
  return process.capabilities.has(capabilityKey(capability))
}

/** `our` stands for the local name (kernel.md section 2). */
export function resolveOur(ourName: string, address: ProcessAddress): ProcessAddress {
  return address.node === 'our' ? { ...address, node: ourName } : address
}
