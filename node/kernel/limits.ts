/**
 * Messages that may wait at a process beyond those its local senders pay credits for: from the network, and from modules.
 * One other node may have as much of it as is left free besides (`shares.ts`): alone 500 messages or 32 MiB.
 * Responses that the process waits for are refused for their bytes only, here and below: `CONTEXTS_MAX` says how many
 * there may be.
 */
export const INBOX_MAX = { messages: 1_000, bytes: 64 * 1_024 * 1_024 } as const

/**
 * Messages that may wait at a process of those that took the credits of local senders. One package may have as much of it
 * as is left free besides: alone 1,024 messages or 64 MiB. That is what four of its processes may owe at once in messages
 * (`GUEST_CREDITS`), so that a few which all write to one lose nothing; and beside two packages that flood, a third has
 * room for the 256 of one process.
 */
export const PAID_MAX = { messages: 2_048, bytes: 128 * 1_024 * 1_024 } as const

/** Requests of one process that may wait for a response, and the bytes of them that are kept for a send-error. */
export const CONTEXTS_MAX = { requests: 10_000, bytes: 64 * 1_024 * 1_024 } as const

/** How long a guest may go without getting any credit back before what it has on the way is lent to it. */
export const STUCK_MS = 5_000

/** How often the kernel looks for stuck guests and for changes that could not be written. */
export const TICK_MS = 1_000

/** Processes of this node, running or not. */
export const PROCESSES_MAX = 1_024

/** Processes of one package, beyond which it spawns no more: each takes a thread, and some 8 MB. */
export const PACKAGE_SPAWN_MAX = 256

/** Characters of a process id. The longest publisher is 255; ids are in every line and row that names a process. */
export const PROCESS_ID_MAX_LENGTH = 512

/** Characters of the path of a component; the vfs reads none that is longer. */
export const WASM_HANDLE_MAX_LENGTH = 4_096

/**
 * Names, capabilities and paths in one call of a guest may have this many characters together; credits count only what
 * messages carry. So may the params of what one message carries, whichever way the guest wrote them.
 */
export const CALL_TEXT_MAX_CHARACTERS = 262_144

/** Capabilities one process may hold, the characters of their params together, and how long the params of one may be. */
export const CAPABILITIES_MAX = 10_000
export const CAPABILITIES_MAX_LENGTH = 8 * 1_024 * 1_024
export const PARAMS_MAX_LENGTH = 65_536

/**
 * Capabilities of one other package that a process may hold when a child is spawned that grants it more, and the
 * characters of their params. What the installer granted is among them, and never refused for it. A package grants a
 * handful for each of its processes; and it takes 39 packages that do their worst to fill a table of 10,000, and 128 to
 * fill its 8 MiB.
 */
export const SPAWN_GRANTS_MAX = { capabilities: 256, characters: 65_536 } as const

/** Capabilities that a process issued and does not hold, of which it keeps the signatures: the most recent ones. */
export const ISSUED_KEPT_MAX = { capabilities: 1_024, characters: 1_024 * 1_024 } as const

/** New signatures that messages of one package may take abroad: those of one message at once, and then so many a second. */
export const SIGNATURES_MAX = { atOnce: 1_024, perSecond: 256 } as const

/** Delivered capabilities that a process may still save, and the characters of their params: the most recent ones. */
export const DELIVERED_MAX = { capabilities: 1_024, characters: 1_024 * 1_024 } as const

/** What a process may have sent when it ends: requests, and what they count for as messages. */
export const ON_EXIT_MAX = { requests: 256, bytes: 256 * 1_024 } as const

/** The state of one process. */
export const STATE_MAX_BYTES = 512 * 1_024 * 1_024

/** Changes on their way to the disk beyond which guests that make more have to wait. */
export const COMMITS_MAX = 256

/** How long the vfs may take to read the component of a process that is spawned, in seconds (kernel.md section 5.8). */
export const SPAWN_READ_SECONDS = 5n

/** The newest process world that this kernel runs (kernel.md section 13). */
export const WIT_VERSION_MAX = 1

/**
 * The most that a package may ask for as the maximum of a process's memory, so that no package takes a machine whole.
 * Giving that much back when the process ends takes 0.1 to 0.7 s, in which another one may be held up once.
 */
export const MEMORY_CEILING_BYTES = 1_024 * 1_024 * 1_024
