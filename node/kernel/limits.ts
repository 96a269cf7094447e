/** Messages that may wait at a process beyond those its local senders pay credits for: from the network, and from modules. */
export const INBOX_MAX = { messages: 1_000, bytes: 64 * 1_024 * 1_024 } as const

/** Requests of one process that may wait for a response, and the bytes of them that are kept for a send-error. */
export const CONTEXTS_MAX = { requests: 10_000, bytes: 64 * 1_024 * 1_024 } as const

/** How long a guest may go without getting any credit back before what it has on the way is lent to it. */
export const STUCK_MS = 5_000

/** How often the kernel looks for stuck guests and for changes that could not be written. */
export const TICK_MS = 1_000

/** Processes of this node, running or not. */
export const PROCESSES_MAX = 1_024

/** Capabilities one process may hold, and how long the params of one may be. */
export const CAPABILITIES_MAX = 10_000
export const PARAMS_MAX_LENGTH = 65_536

/** Delivered capabilities that a process may still save: the most recent ones. */
export const DELIVERED_MAX = 1_024

/** How long the vfs may take to read the component of a process that is spawned, in seconds (kernel.md section 5.8). */
export const SPAWN_READ_SECONDS = 5n

/** The newest process world that this kernel runs (kernel.md section 13). */
export const WIT_VERSION_MAX = 1

/**
 * The most that a package may ask for as the maximum of a process's memory, so that no package takes a machine whole.
 * Giving that much back when the process ends takes 0.1 to 0.7 s, in which another one may be held up once.
 */
export const MEMORY_CEILING_BYTES = 1_024 * 1_024 * 1_024
