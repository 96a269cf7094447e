import type { Blob, Capability, OnExit, ProcessAddress, ProcessId } from '@hyperware/protocol'

/**
 * What the kernel and whatever runs a process say to each other. The kernel holds the rules (who may send what, what a
 * response answers, which deadline runs); the runner holds the instance and turns host functions into these calls.
 */

/** A request as the guest wrote it; the kernel gives it an id, an rsvp and signatures (kernel.md section 5.4). */
export type GuestRequest = {
  readonly target: ProcessAddress
  readonly inherit: boolean
  /** Seconds; undefined when no response is expected. */
  readonly expectsResponse: bigint | undefined
  readonly body: Uint8Array
  readonly metadata: string | undefined
  readonly capabilities: readonly Capability[]
  readonly blob: Blob | undefined
}

export type { OnExit }

/** A response as the guest wrote it (kernel.md section 5.5). */
export type GuestResponse = {
  readonly inherit: boolean
  readonly body: Uint8Array
  readonly metadata: string | undefined
  readonly capabilities: readonly Capability[]
  readonly blob: Blob | undefined
}

/** Calls that the guest does not wait for. The kernel takes them in the order the guest made them. */
export type GuestAction =
  | {
      readonly kind: 'send'
      readonly requests: readonly { readonly request: GuestRequest; readonly context: Uint8Array | undefined }[]
    }
  | { readonly kind: 'respond'; readonly response: GuestResponse }
  | { readonly kind: 'print'; readonly verbosity: number; readonly text: string }
  | { readonly kind: 'set-on-exit'; readonly onExit: OnExit }
  | { readonly kind: 'save-capabilities'; readonly capabilities: readonly Capability[] }
  | { readonly kind: 'drop-capabilities'; readonly capabilities: readonly Capability[] }

/** Calls that the guest waits for, one at a time, after all actions before it. */
export type GuestQuestion =
  | { readonly kind: 'receive' }
  | { readonly kind: 'send-and-await'; readonly request: GuestRequest }
  | { readonly kind: 'get-state' }
  | { readonly kind: 'set-state'; readonly bytes: Uint8Array }
  | { readonly kind: 'clear-state' }
  | { readonly kind: 'get-on-exit' }
  | { readonly kind: 'our-capabilities' }
  | { readonly kind: 'spawn'; readonly spawn: GuestSpawn }

export type GuestSpawn = {
  readonly name: string | undefined
  readonly wasmPath: string
  readonly onExit: OnExit
  readonly requestCapabilities: readonly Capability[]
  readonly grantCapabilities: readonly { readonly to: ProcessId; readonly params: string }[]
  readonly public: boolean
}

/** What `receive` and `send-and-await` give the guest. Capabilities come without signatures: the kernel keeps those. */
export type GuestEvent =
  | {
      readonly kind: 'request'
      readonly source: ProcessAddress
      readonly request: Omit<GuestRequest, 'target'>
    }
  | {
      readonly kind: 'response'
      readonly source: ProcessAddress
      readonly response: GuestResponse
      readonly context: Uint8Array | undefined
    }
  | {
      readonly kind: 'send-error'
      readonly error: 'offline' | 'timeout'
      readonly target: ProcessAddress
      readonly message:
        | { readonly kind: 'request'; readonly request: Omit<GuestRequest, 'target'> }
        | { readonly kind: 'response'; readonly response: GuestResponse }
      /** The blob that went with the message; it is not the guest's current blob. */
      readonly blob: Blob | undefined
      readonly context: Uint8Array | undefined
    }

export type GuestAnswer =
  | { readonly kind: 'event'; readonly event: GuestEvent }
  /** The bytes are the guest's: nobody else has them. */
  | { readonly kind: 'state'; readonly bytes: Uint8Array | undefined }
  | { readonly kind: 'done' }
  | { readonly kind: 'on-exit'; readonly onExit: OnExit }
  | { readonly kind: 'capabilities'; readonly capabilities: readonly Capability[] }
  | { readonly kind: 'spawned'; readonly id: ProcessId }
  | { readonly kind: 'not-spawned'; readonly error: 'name-taken' | 'no-file-at-path' }
  /** The call cannot be answered; the guest traps with this reason. */
  | { readonly kind: 'trap'; readonly reason: string }

/** How an instance ended by itself. `reason` is for people: the captured stderr, or the cause of the trap. */
export type GuestExit = { readonly kind: 'returned' } | { readonly kind: 'trapped'; readonly reason: string }

/** The kernel as one running guest's runner sees it. None of these throws, and none is called after `exited`. */
export type GuestKernel = {
  /**
   * `done` is called once, when the runner may give back what the action took: at once, or later when too many changes
   * are on their way to the disk.
   */
  act: (action: GuestAction, done?: () => void) => void
  /** `answer` is called once, at once or much later; never when the guest was killed meanwhile. */
  ask: (question: GuestQuestion, answer: (answer: GuestAnswer) => void) => void
  /** The instance ended by itself: `init` returned, trapped, or never began. Called once; not after `kill`. */
  exited: (exit: GuestExit) => void
}

/** What an instance used: the processor time of its thread, and its linear memories. */
export type GuestUsage = { readonly cpuMs: number; readonly memoryBytes: number }

/** One running instance. */
export type RunningGuest = {
  /**
   * Ends the instance whatever it is doing: the kernel hears nothing of it from now on, and its code stops within 50 ms,
   * however much memory it has. Resolves when its thread is gone and the memory is given back, which takes longer the more
   * of it was used (`bench/README.md`). Nobody waits for that but a node that stops.
   */
  kill: () => Promise<void>
  usage: () => Promise<GuestUsage>
  /**
   * Gives back what messages took: a guest starts with the credits of `GUEST_CREDITS` and waits when they run out. The
   * kernel gives back one message and its `creditBytes`, an inherited blob included, for each request of a `send`, each
   * `respond` and each `send-and-await`, when the target has taken it or when it went nowhere. Prints and the other
   * actions take credits too, but those the runner gives back itself, when `act` is done.
   */
  giveCredit: (credit: { readonly messages: number; readonly bytes: number }) => void
}

/** What a guest may have on the way at one time: messages sent and not yet taken, and the bytes of their parts. */
export const GUEST_CREDITS = { messages: 256, bytes: 32 * 1_024 * 1_024 } as const

/** What any message counts for beside its parts, so that none is free; a capability counts for as much. */
const PART_BYTES = 256

/** The blob that a request goes with: its own, or if it inherits, the latest its sender received (kernel.md section 5.4). */
export function blobOfRequest({ inherit, blob }: GuestRequest, lastBlob: Blob | undefined): Blob | undefined {
  return blob ?? (inherit ? lastBlob : undefined)
}

/** The blob that a response goes with: an inherited one wins over its own, as in the reference (kernel.md section 17, D2). */
export function blobOfResponse({ inherit, blob }: GuestResponse, lastBlob: Blob | undefined): Blob | undefined {
  return inherit ? lastBlob : blob
}

/**
 * The bytes a message counts for: everything in it that its sender chooses the length of. What it goes with is not always
 * what its sender wrote: `blobOfRequest`, `blobOfResponse`.
 */
export function creditBytes(parts: {
  readonly target?: ProcessAddress | undefined
  readonly body: Uint8Array
  readonly metadata: string | undefined
  readonly capabilities: readonly Capability[]
  readonly blob: Blob | undefined
  readonly context?: Uint8Array | undefined
}): number {
  const { target, body, metadata, capabilities, blob, context } = parts
  let bytes = PART_BYTES + body.length + (metadata?.length ?? 0) + (context?.length ?? 0)
  if (target !== undefined) bytes += addressLength(target)
  if (blob !== undefined) bytes += blob.bytes.length + (blob.mime?.length ?? 0)
  for (const { issuer, params } of capabilities) bytes += PART_BYTES + addressLength(issuer) + params.length
  return bytes
}

/** Characters of an address as text, without making the text. */
export function addressLength({ node, process }: ProcessAddress): number {
  return node.length + process.process.length + process.package.length + process.publisher.length + 3
}

/** A component that was checked and compiled, ready to start any number of times. Opaque to the kernel. */
export type PreparedGuest = { readonly sizeBytes: number }

/** Whatever runs guests: the component host, or, in tests of the kernel alone, scripts in this thread. */
export type GuestRunner<Prepared extends PreparedGuest = PreparedGuest> = {
  /**
   * Checks and compiles a component whose linear memories together may hold `memoryMaxBytes` at most.
   * @throws HyperwareError when the bytes are not a component this node can run.
   */
  prepare: (wasm: Uint8Array, limits: { readonly memoryMaxBytes: number }) => Promise<Prepared>
  // A method, so that a runner of its own kind of `Prepared` can stand for any runner: it gets back only what it made.
  /** Starts an instance; `init` is called with the text of `our`. Failing to instantiate is an exit, not an exception. */
  start(guest: {
    readonly prepared: Prepared
    readonly our: ProcessAddress
    readonly kernel: GuestKernel
  }): RunningGuest
}
