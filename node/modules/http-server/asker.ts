import { type Blob, HTTP_SERVER_PROCESS, type KernelMessage, type ProcessAddress } from '@hyperware/protocol'
import type { Delivery, SendError } from '../../kernel/loop.ts'

/** Requests that may wait at the same time. */
const WAITING_MAX = 100

/** How a request ended: with its response, with an error, or not begun since too many wait. */
export type Outcome =
  | { readonly kind: 'response'; readonly message: KernelMessage }
  | { readonly kind: 'send-error'; readonly error: SendError }
  | { readonly kind: 'busy'; readonly waiting: number }

/** Sends requests of the http-server into the kernel and waits for what comes of them. */
export type Asker = {
  readonly ask: (request: {
    readonly target: ProcessAddress
    readonly body: Uint8Array
    readonly seconds: number
    readonly blob?: Blob | undefined
  }) => Promise<Outcome>
  /** Sends what has no response. False when the kernel takes no more. */
  readonly tell: (request: { readonly target: ProcessAddress; readonly body: Uint8Array }) => boolean
  /** What the kernel delivers to the http-server. */
  readonly inbox: (delivery: Delivery) => void
}

/** `send` gives a message to the kernel and says false when it takes no more; `randomId` makes 64 random bits. */
export function createAsker(deps: {
  readonly ourName: string
  readonly send: (message: KernelMessage) => boolean
  readonly randomId: () => bigint
}): Asker {
  const waiting = new Map<bigint, (outcome: Outcome) => void>()
  const source = { node: deps.ourName, process: HTTP_SERVER_PROCESS }

  function settle(id: bigint, outcome: Outcome): void {
    waiting.get(id)?.(outcome)
    waiting.delete(id)
  }

  return {
    ask({ target, body, seconds, blob }) {
      if (waiting.size >= WAITING_MAX) return Promise.resolve({ kind: 'busy', waiting: waiting.size })
      const id = deps.randomId()
      const message = requestMessage({ id, source, target, body, seconds, blob })
      return new Promise<Outcome>((resolve) => {
        waiting.set(id, resolve)
        if (!deps.send(message)) settle(id, { kind: 'busy', waiting: waiting.size })
      })
    },
    tell: ({ target, body }) =>
      deps.send(requestMessage({ id: deps.randomId(), source, target, body, seconds: undefined, blob: undefined })),
    inbox(delivery) {
      if (delivery.kind === 'send-error') return settle(delivery.error.message.id, delivery)
      const { message } = delivery
      // Requests are for whoever keeps the bindings.
      if (message.message.kind === 'response') settle(message.id, { kind: 'response', message })
    },
  }
}

function requestMessage(request: {
  readonly id: bigint
  readonly source: ProcessAddress
  readonly target: ProcessAddress
  readonly body: Uint8Array
  readonly seconds: number | undefined
  readonly blob: Blob | undefined
}): KernelMessage {
  const { id, source, target, body, seconds, blob } = request
  return {
    id,
    source,
    target,
    rsvp: seconds === undefined ? undefined : source,
    message: {
      kind: 'request',
      inherit: false,
      expectsResponse: seconds === undefined ? undefined : BigInt(seconds),
      body,
      metadata: undefined,
      capabilities: [],
    },
    blob,
  }
}
