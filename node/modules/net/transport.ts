import type { Socket } from 'node:net'

/** One thing a connection can read: a frame of the handshake, the length of a message, or a sealed piece of it. */
export type Unit =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  | { readonly kind: 'total'; readonly total: number }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }

/** What a transport tells its owner. Each may come at any time until `lost`, which is the last and comes once. */
export type TransportEvents = {
  readonly opened: () => void
  /** More bytes can be taken. */
  readonly readable: () => void
  /** What was written has left far enough for more to be written. */
  readonly drained: () => void
  /** The connection is gone. `problem` is what the system says about it, if anything. */
  readonly lost: (problem: string | undefined) => void
}

/** A connection to another machine, cut into units. TCP is the first; WebSocket frames the same units differently. */
export interface Transport {
  /** The other end, as text for logs. */
  readonly remote: string
  /** The next complete unit of the kind the connection wants, or undefined until `readable`. */
  take(kind: Unit['kind']): Unit | undefined
  /** Stops and resumes reading, so that bytes nobody wants yet stay with the sender. */
  pause(): void
  resume(): void
  writeFrames(frames: readonly Uint8Array[]): void
  writeMessage(total: number, chunks: readonly Uint8Array[]): void
  /** Whether more should be written now; otherwise `drained` will say. */
  readonly writable: boolean
  /** Sends what was written, then closes; breaks off after a second. */
  close(): void
  /** Closes at once. */
  abort(): void
  /** Gives the bare socket away, with the bytes read and not taken. */
  detach(): { socket: Socket; head: Uint8Array }
}
