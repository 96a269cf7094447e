import type { KernelMessage } from '@hyperware/protocol'

/** How often a message that the kernel did not take is offered again, and for how long before the socket is given up. */
const RETRY_MS = 50
const PATIENCE_MS = 5_000

/** Brings what a WebSocket receives to its process, in order. */
export type Mailbox = {
  readonly deliver: (message: KernelMessage) => void
  /** Nothing follows; what waits is still delivered. */
  readonly finish: () => void
  /** Drops what waits. */
  readonly stop: () => void
}

/**
 * When the inbox of the process is full the socket is not read: so the other side waits, and what waits here is at most
 * what had been read by then. A process that takes nothing for five seconds loses the connection.
 */
export function createMailbox({
  send,
  socket,
}: {
  readonly send: (message: KernelMessage) => boolean
  readonly socket: { readonly pause: () => void; readonly resume: () => void; readonly terminate: () => void }
}): Mailbox {
  let waiting: KernelMessage[] = []
  let timer: NodeJS.Timeout | undefined
  let waitedMs = 0
  let finished = false

  function retry(): void {
    timer = undefined
    const taken = waiting.findIndex((message) => !send(message))
    waiting = taken === -1 ? [] : waiting.slice(taken)
    if (waiting.length === 0) {
      waitedMs = 0
      if (!finished) socket.resume()
      return
    }
    waitedMs = taken > 0 ? 0 : waitedMs + RETRY_MS
    if (waitedMs < PATIENCE_MS) timer = setTimeout(retry, RETRY_MS)
    else {
      waiting = []
      socket.terminate()
    }
  }

  return {
    deliver(message) {
      if (waiting.length === 0 && send(message)) return
      waiting.push(message)
      if (timer !== undefined) return
      socket.pause()
      timer = setTimeout(retry, RETRY_MS)
    },
    finish() {
      finished = true
    },
    stop() {
      clearTimeout(timer)
      waiting = []
    },
  }
}
