import { type ProcessAddress, unreachable } from '@hyperware/protocol'
import {
  creditBytes,
  type GuestAction,
  type GuestAnswer,
  type GuestEvent,
  type GuestExit,
  type GuestKernel,
  type GuestQuestion,
  type GuestRequest,
  type GuestResponse,
  type PreparedGuest,
  type GuestRunner,
  type RunningGuest,
} from '../../../node/kernel/guest.ts'

/** A message on its way to a process, and what to do when that has taken it. */
type Delivery = { readonly event: GuestEvent; readonly taken: () => void }

type Process = {
  readonly our: ProcessAddress
  readonly inbox: Delivery[]
  /** Who waits for a message. */
  wanting: ((answer: GuestAnswer) => void) | undefined
  /** Whom a response goes to. */
  prompt: ((response: GuestResponse) => void) | undefined
  readonly guest: RunningGuest
}

/**
 * The least that routes messages between processes: a stand-in for the kernel where only the host is measured or tested.
 * Knows one node, no capabilities and no deadlines.
 */
export type Router<P extends PreparedGuest> = {
  readonly start: (name: string, prepared: P) => Started
  /** Sends a request from outside and gives the body of the response. */
  readonly request: (name: string, body: Uint8Array) => Promise<Uint8Array>
}

export type Started = {
  readonly guest: RunningGuest
  readonly exited: Promise<GuestExit>
  /** Everything the guest did that was not a message, in order, and how many messages it sent. */
  readonly prints: string[]
  readonly counts: { prints: number; sends: number; received: number }
}

export function createRouter<P extends PreparedGuest>(runner: GuestRunner<P>): Router<P> {
  const processes = new Map<string, Process>()

  function deliver(to: Process, delivery: Delivery): void {
    if (to.wanting === undefined) to.inbox.push(delivery)
    else take(to, delivery)
  }

  function take(to: Process, { event, taken }: Delivery): void {
    const { wanting } = to
    if (wanting === undefined) return
    to.wanting = undefined
    taken()
    wanting({ kind: 'event', event })
  }

  function send(from: ProcessAddress, request: GuestRequest, taken: () => void, respond: Process['prompt']): void {
    const to = processes.get(request.target.process.process)
    if (to === undefined) {
      taken()
      return
    }
    const event: GuestEvent = { kind: 'request', source: from, request }
    deliver(to, {
      event,
      taken: () => {
        taken()
        if (respond !== undefined) to.prompt = respond
      },
    })
  }

  function start(name: string, prepared: P): Started {
    const our = { node: 'test.os', process: { process: name, package: 'app', publisher: 'pub.os' } }
    const prints: string[] = []
    const counts = { prints: 0, sends: 0, received: 0 }
    const exit = Promise.withResolvers<GuestExit>()

    function act(action: GuestAction): void {
      switch (action.kind) {
        case 'send':
          for (const { request, context } of action.requests) {
            counts.sends += 1
            const credit = { messages: 1, bytes: creditBytes({ ...request, context }) }
            send(our, request, () => process.guest.giveCredit(credit), undefined)
          }
          return
        case 'respond': {
          process.guest.giveCredit({ messages: 1, bytes: creditBytes(action.response) })
          const { prompt } = process
          process.prompt = undefined
          prompt?.(action.response)
          return
        }
        case 'print':
          counts.prints += 1
          if (prints.length < 100) prints.push(action.text)
          return
        case 'set-on-exit':
        case 'save-capabilities':
        case 'drop-capabilities':
          return
        default:
          unreachable(action)
      }
    }

    function ask(question: GuestQuestion, answer: (answer: GuestAnswer) => void): void {
      switch (question.kind) {
        case 'receive': {
          process.wanting = (given) => {
            counts.received += 1
            answer(given)
          }
          const next = process.inbox.shift()
          if (next !== undefined) take(process, next)
          return
        }
        case 'send-and-await': {
          const { request } = question
          const credit = { messages: 1, bytes: creditBytes(request) }
          const target = processes.get(request.target.process.process)?.our ?? request.target
          const { prompt } = process
          send(
            our,
            request,
            () => process.guest.giveCredit(credit),
            (response) => {
              process.prompt = prompt
              answer({ kind: 'event', event: { kind: 'response', source: target, response, context: undefined } })
            },
          )
          return
        }
        case 'get-state':
          answer({ kind: 'state', bytes: undefined })
          return
        case 'set-state':
        case 'clear-state':
          answer({ kind: 'done' })
          return
        case 'get-on-exit':
          answer({ kind: 'on-exit', onExit: { kind: 'none' } })
          return
        case 'our-capabilities':
          answer({ kind: 'capabilities', capabilities: [] })
          return
        case 'spawn':
          answer({ kind: 'not-spawned', error: 'no-file-at-path' })
          return
        default:
          unreachable(question)
      }
    }

    const kernel: GuestKernel = { act, ask, exited: exit.resolve }
    const guest = runner.start({ prepared, our, kernel })
    const process: Process = { our, inbox: [], wanting: undefined, prompt: undefined, guest }
    processes.set(name, process)
    return { guest, exited: exit.promise, prints, counts }
  }

  return {
    start,
    request: async (name, body) => {
      const to = processes.get(name)
      if (to === undefined) throw new Error(`Cannot send a request: no process ${name} was started`)
      const response = Promise.withResolvers<Uint8Array>()
      const request = {
        target: to.our,
        inherit: false,
        expectsResponse: 60n,
        body,
        metadata: undefined,
        capabilities: [],
        blob: undefined,
      }
      const source = { node: 'test.os', process: { process: 'tester', package: 'app', publisher: 'pub.os' } }
      send(
        source,
        request,
        () => {},
        ({ body }) => response.resolve(body),
      )
      return response.promise
    },
  }
}
