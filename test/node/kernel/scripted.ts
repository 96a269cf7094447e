import { HyperwareError, parseAddress, parseProcessId, utf8ToBytes } from '@hyperware/protocol'
import type { Blob, Capability, ProcessAddress } from '@hyperware/protocol'
import {
  blobOfRequest,
  blobOfResponse,
  creditBytes,
  GUEST_CREDITS,
  type GuestAction,
  type GuestAnswer,
  type GuestEvent,
  type GuestKernel,
  type GuestQuestion,
  type GuestRequest,
  type GuestResponse,
  type GuestRunner,
  type GuestSpawn,
  type OnExit,
  type PreparedGuest,
} from '../../../node/kernel/guest.ts'

/** A guest written in TypeScript. It ends when it returns, and traps when it throws. */
export type Script = (guest: Guest) => Promise<void>

export type PreparedScript = PreparedGuest & { readonly name: string }

class UnknownScript extends HyperwareError<{ code: 'unknown-script'; name: string }> {}
/** Ends a script whose instance was killed, at its next call. */
class Killed extends Error {}

/** What a script may do: the host functions, as promises. */
export type Guest = {
  readonly our: ProcessAddress
  receive: () => Promise<GuestEvent>
  /** Waits while no credits are left, as a guest of the component host does. */
  send: (target: string, request?: SomeRequest) => Promise<void>
  sendAll: (requests: readonly { target: string; request: SomeRequest }[]) => Promise<void>
  respond: (response?: SomeResponse) => Promise<void>
  sendAndAwait: (target: string, request?: SomeRequest) => Promise<GuestEvent>
  act: (action: GuestAction) => void
  ask: (question: GuestQuestion) => Promise<GuestAnswer>
  spawn: (spawn: Partial<GuestSpawn> & { wasmPath: string }) => Promise<GuestAnswer>
  setOnExit: (onExit: OnExit) => void
  capabilities: () => Promise<readonly Capability[]>
  credits: () => { messages: number; bytes: number }
}

export type SomeRequest = {
  inherit?: boolean
  expectsResponse?: number | undefined
  body?: string | Uint8Array
  metadata?: string | undefined
  capabilities?: readonly Capability[]
  blob?: string | Blob
  context?: string
}
export type SomeResponse = Omit<SomeRequest, 'expectsResponse' | 'context'>

/**
 * Runs scripts in this thread: a second runner beside the component host, with the same credits. A component is the
 * name of its script, as UTF-8.
 */
export function createScriptedRunner(scripts: ReadonlyMap<string, Script>): GuestRunner<PreparedScript> {
  return {
    async prepare(wasm) {
      const name = new TextDecoder().decode(wasm)
      if (!scripts.has(name)) throw new UnknownScript({ code: 'unknown-script', name }, `There is no script "${name}"`)
      return Promise.resolve({ sizeBytes: wasm.length, name })
    },
    start({ prepared, our, kernel }) {
      const script = scripts.get(prepared.name)
      const seat: Seat = { credits: { ...GUEST_CREDITS }, waiting: [], killed: false }
      const guest = createGuest(seat, our, kernel)
      // The instance begins after `start` has returned, as a thread would.
      queueMicrotask(() => {
        if (script === undefined || seat.killed) return
        script(guest).then(
          () => seat.killed || kernel.exited({ kind: 'returned' }),
          (error: unknown) => {
            if (error instanceof Killed || seat.killed) return
            kernel.exited({ kind: 'trapped', reason: error instanceof Error ? error.message : String(error) })
          },
        )
      })
      return {
        kill() {
          seat.killed = true
          return Promise.resolve()
        },
        usage: () => Promise.resolve({ cpuMs: 0, memoryBytes: 0 }),
        giveCredit({ messages, bytes }) {
          seat.credits.messages += messages
          seat.credits.bytes += bytes
          for (const wake of seat.waiting.splice(0)) wake()
        },
      }
    },
  }
}

type Seat = { credits: { messages: number; bytes: number }; waiting: (() => void)[]; killed: boolean }

function createGuest(seat: Seat, our: ProcessAddress, kernel: GuestKernel): Guest {
  let lastBlob: Blob | undefined

  async function pay(bytes: number): Promise<void> {
    // A message larger than all credits goes when nothing else is on the way.
    const needed = Math.min(bytes, GUEST_CREDITS.bytes)
    while (seat.credits.messages < 1 || seat.credits.bytes < needed) {
      await new Promise<void>((resolve) => void seat.waiting.push(resolve))
    }
    if (seat.killed) throw new Killed()
    seat.credits.messages -= 1
    seat.credits.bytes -= bytes
  }

  async function ask(question: GuestQuestion): Promise<GuestAnswer> {
    if (seat.killed) throw new Killed()
    const answer = await new Promise<GuestAnswer>((resolve) => kernel.ask(question, resolve))
    if (seat.killed) throw new Killed()
    if (answer.kind === 'trap') throw new Error(answer.reason)
    return answer
  }

  function act(action: GuestAction): void {
    if (!seat.killed) kernel.act(action)
  }

  async function event(question: GuestQuestion): Promise<GuestEvent> {
    const answer = await ask(question)
    if (answer.kind !== 'event') throw new Error(`expected an event, not ${answer.kind}`)
    const { event } = answer
    const said = event.kind === 'request' ? event.request : event.kind === 'response' ? event.response : undefined
    lastBlob = said?.blob ?? lastBlob
    return event
  }

  function costOf(request: GuestRequest, context?: Uint8Array): number {
    return creditBytes({ ...request, blob: blobOfRequest(request, lastBlob), context })
  }

  return {
    our,
    act,
    ask,
    receive: () => event({ kind: 'receive' }),
    async send(target, request = {}) {
      const made = toRequest(target, request)
      const context = request.context === undefined ? undefined : utf8ToBytes(request.context)
      await pay(costOf(made, context))
      act({ kind: 'send', requests: [{ request: made, context }] })
    },
    async sendAll(all) {
      const requests = all.map(({ target, request }) => ({ request: toRequest(target, request), context: undefined }))
      for (const { request } of requests) await pay(costOf(request))
      act({ kind: 'send', requests })
    },
    async respond(response = {}) {
      const made = toResponse(response)
      await pay(creditBytes({ ...made, blob: blobOfResponse(made, lastBlob) }))
      act({ kind: 'respond', response: made })
    },
    async sendAndAwait(target, request = {}) {
      const made = toRequest(target, { expectsResponse: 5, ...request })
      await pay(costOf(made))
      return event({ kind: 'send-and-await', request: made })
    },
    spawn: (spawn) =>
      ask({
        kind: 'spawn',
        spawn: {
          name: undefined,
          onExit: { kind: 'none' },
          requestCapabilities: [],
          grantCapabilities: [],
          public: false,
          ...spawn,
        },
      }),
    setOnExit: (onExit) => act({ kind: 'set-on-exit', onExit }),
    async capabilities() {
      const answer = await ask({ kind: 'our-capabilities' })
      return answer.kind === 'capabilities' ? answer.capabilities : []
    },
    credits: () => ({ ...seat.credits }),
  }
}

function toRequest(target: string, request: SomeRequest): GuestRequest {
  const { expectsResponse } = request
  return {
    ...toResponse(request),
    target: parseAddress(target),
    expectsResponse: expectsResponse === undefined ? undefined : BigInt(expectsResponse),
  }
}

function toResponse({ inherit = false, body = '', metadata, capabilities = [], blob }: SomeResponse): GuestResponse {
  return {
    inherit,
    body: typeof body === 'string' ? utf8ToBytes(body) : body,
    metadata,
    capabilities,
    blob: typeof blob === 'string' ? { mime: undefined, bytes: utf8ToBytes(blob) } : blob,
  }
}

/** `messaging` to this process, as its node `node` words it. */
export function messaging(node: string, process: string): Capability {
  return { issuer: { node, process: parseProcessId(process) }, params: '"messaging"' }
}
