import type { Blob, KernelMessage, ProcessId } from '@hyperware/protocol'
import type { GuestAction, GuestAnswer, GuestExit, GuestQuestion, PreparedGuest } from './guest.ts'
import type { Mail, SendErrorKind } from './inbox.ts'
import type { Context, Instance, Process } from './process.ts'
import type { StoreChange } from './store.ts'

/** A message that could not be delivered, and why. */
export type SendError = { readonly kind: SendErrorKind; readonly message: KernelMessage; readonly reason: string }

/** What a runtime module finds in its inbox. */
export type Delivery =
  | { readonly kind: 'message'; readonly message: KernelMessage }
  | { readonly kind: 'send-error'; readonly error: SendError }

/** A line for the terminal (kernel.md section 15); `verbosity` 0 is always shown. */
export type Print = {
  readonly verbosity: number
  readonly source: ProcessId
  readonly text: string
  /** Of a complaint that somebody can cause at will, what it is about: the terminal shows so many of one subject. */
  readonly subject?: string | undefined
}

/** A deadline: of a request, or of a process that waits to be started again. */
export type Timer =
  | { readonly kind: 'response'; readonly process: Process; readonly subject: Context }
  | { readonly kind: 'restart'; readonly subject: Process }

/** What happens to the kernel. Everything that comes from outside is in here, and the time comes beside it. */
export type KernelEvent =
  /** A runtime module sends. */
  | { readonly kind: 'send'; readonly message: KernelMessage }
  /** Net has a message of another node, which it authenticated. */
  | { readonly kind: 'receive'; readonly message: KernelMessage }
  | { readonly kind: 'send-failed'; readonly error: SendError }
  /** A module is done with what it was handed. */
  | { readonly kind: 'taken'; readonly process: Process; readonly mail: Mail }
  | { readonly kind: 'act'; readonly instance: Instance; readonly action: GuestAction }
  | { readonly kind: 'ask'; readonly instance: Instance; readonly question: GuestQuestion }
  | { readonly kind: 'exited'; readonly instance: Instance; readonly exit: GuestExit }
  | { readonly kind: 'prepared'; readonly process: Process; readonly prepared: PreparedGuest }
  | { readonly kind: 'not-prepared'; readonly process: Process; readonly reason: string }
  /** At a boot: there is no component at the handle any more. */
  | { readonly kind: 'component-gone'; readonly process: Process }
  /** Every component that was kept is prepared, or left out. */
  | { readonly kind: 'booted' }
  | { readonly kind: 'timer'; readonly timer: Timer }
  | { readonly kind: 'commit-failed'; readonly changes: readonly StoreChange[]; readonly reason: string }
  /** What an answer of the kernel waited for is on disk. */
  | Acknowledgement
  | { readonly kind: 'tick' }

/** An answer of the kernel, and how many commits had failed when the one began that it waits for. */
export type Acknowledgement = {
  readonly kind: 'acknowledge'
  readonly message: KernelMessage
  readonly failedCommits: number
}

/** What the loop has to do after a step, in order. */
export type Effect =
  /** Hand to a runtime module; `taken` comes back when it is done. */
  | { readonly kind: 'hand'; readonly process: Process; readonly mail: Mail }
  | { readonly kind: 'transmit'; readonly message: KernelMessage }
  | { readonly kind: 'answer'; readonly instance: Instance; readonly answer: GuestAnswer }
  | { readonly kind: 'credit'; readonly instance: Instance; readonly messages: number; readonly bytes: number }
  | { readonly kind: 'read-state'; readonly instance: Instance }
  | { readonly kind: 'start-timer'; readonly timer: Timer; readonly deadlineMs: number }
  | { readonly kind: 'stop-timer'; readonly subject: Context | Process }
  | { readonly kind: 'prepare'; readonly process: Process; readonly wasm: Uint8Array }
  | { readonly kind: 'start'; readonly instance: Instance; readonly prepared: PreparedGuest }
  | { readonly kind: 'kill'; readonly instance: Instance }
  /** Write all of these or none; `written` follows when they are on disk, `failed` when they could not be. */
  | {
      readonly kind: 'commit'
      readonly changes: readonly StoreChange[]
      readonly written: readonly Effect[]
      readonly failed: readonly Effect[]
    }
  /** Bring it back as an event: how the kernel's own answers wait for the disk. */
  | Acknowledgement
  | { readonly kind: 'print'; readonly print: Print }
  /** Somebody watches the messages that pass. */
  | { readonly kind: 'observe'; readonly message: KernelMessage }
  | { readonly kind: 'shut-down' }

/** Work that a rule leaves for the end of its step, when it would otherwise call in a circle. */
export type Task =
  | { readonly kind: 'command'; readonly source: Process; readonly message: KernelMessage }
  | {
      readonly kind: 'component-read'
      readonly parent: Process
      readonly context: Context
      readonly component: Blob | undefined
    }
