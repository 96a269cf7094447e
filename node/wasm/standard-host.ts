import {
  type Blob,
  CAPABILITIES_MAX,
  type Capability,
  equalAddresses,
  formatAddress,
  formatProcessId,
  type OnExit,
  type ProcessAddress,
  unreachable,
} from '@hyperware/protocol'
import {
  blobOfRequest,
  blobOfResponse,
  creditBytes,
  type GuestAction,
  type GuestAnswer,
  type GuestEvent,
  type GuestQuestion,
  type GuestRequest,
  type GuestResponse,
  type GuestSpawn,
} from '../kernel/guest.ts'
import { CALL_TEXT_MAX_CHARACTERS } from '../kernel/limits.ts'
import { onExitProblem } from '../kernel/on-exit.ts'
import { type Answer, HostTrap, type StandardHost } from './standard.ts'

/**
 * How a host function reaches the kernel. This is the whole difference between a process that sleeps in a thread of its
 * own (`thread-calls.ts`) and one whose stack is put aside: there, `then` is called with a later answer and gives a promise.
 */
export type KernelCalls = {
  /** Sends one action on its way, when the guest has the credits that it costs. */
  act: (action: GuestAction, cost: number) => Answer<void>
  ask: <T>(question: GuestQuestion, cost: number, then: (answer: GuestAnswer) => T) => Answer<T>
}

/** A printed text is cut after this many characters: it becomes one line of a terminal or a log. */
export const PRINT_MAX_CHARACTERS = 65_536

/** What actions other than messages cost, and each capability in them beside its text, as in messages. */
const ACTION_BYTES = 256

/**
 * The 19 functions of the standard interface for one process. Here live its address and the blob it may ask for; the rest
 * is the kernel's (kernel.md section 5).
 */
export function createStandardHost(calls: KernelCalls, our: ProcessAddress): StandardHost {
  let lastBlob: Blob | undefined
  let hasBlob = false

  // kernel.md section 5.2: the last blob stays readable, but belongs to the current message only while `hasBlob`.
  function take(answer: GuestAnswer): GuestEvent {
    const { event } = expect(answer, 'event')
    const blob = blobOf(event)
    hasBlob = blob !== undefined
    lastBlob = blob ?? lastBlob
    return event
  }

  function send(request: GuestRequest, context: Uint8Array | undefined): Answer<void> {
    checkRequest('send-request', request)
    const cost = creditBytes({ ...request, blob: blobOfRequest(request, lastBlob), context })
    return calls.act({ kind: 'send', requests: [{ request, context }] }, cost)
  }

  return {
    our: () => our,
    printToTerminal: (verbosity, message) => {
      const text = cutText(message)
      return calls.act({ kind: 'print', verbosity, text }, ACTION_BYTES + text.length)
    },

    receive: () => calls.ask({ kind: 'receive' }, 0, take),
    hasBlob: () => hasBlob,
    getBlob: () => (hasBlob ? lastBlob : undefined),
    lastBlob: () => lastBlob,

    sendRequest: send,
    sendRequests: (requests) => inOrder(requests, ({ request, context }) => send(request, context)),
    sendResponse: (given) => {
      checkResponse(given)
      // The kernel has the blob that is inherited, and would throw away another one.
      const response = given.inherit ? { ...given, blob: undefined } : given
      const cost = creditBytes({ ...given, blob: blobOfResponse(given, lastBlob) })
      return calls.act({ kind: 'respond', response }, cost)
    },
    sendAndAwaitResponse: (request) => {
      checkAwait(request, our)
      const cost = creditBytes({ ...request, blob: blobOfRequest(request, lastBlob) })
      return calls.ask({ kind: 'send-and-await', request }, cost, take)
    },

    getState: () => calls.ask({ kind: 'get-state' }, 0, (answer) => expect(answer, 'state').bytes),
    setState: (bytes) => calls.ask({ kind: 'set-state', bytes }, 0, (answer) => void expect(answer, 'done')),
    clearState: () => calls.ask({ kind: 'clear-state' }, 0, (answer) => void expect(answer, 'done')),

    getOnExit: () => calls.ask({ kind: 'get-on-exit' }, 0, (answer) => expect(answer, 'on-exit').onExit),
    setOnExit: (onExit) => {
      checkOnExit('set-on-exit', onExit)
      const requests = onExit.kind === 'requests' ? onExit.requests : []
      const cost = requests.reduce((sum, request) => sum + creditBytes(request), ACTION_BYTES)
      return calls.act({ kind: 'set-on-exit', onExit }, cost)
    },

    saveCapabilities: (capabilities) => {
      const cost = costOfCapabilities('save-capabilities', capabilities)
      return calls.act({ kind: 'save-capabilities', capabilities }, cost)
    },
    dropCapabilities: (capabilities) => {
      const cost = costOfCapabilities('drop-capabilities', capabilities)
      return calls.act({ kind: 'drop-capabilities', capabilities }, cost)
    },
    ourCapabilities: () =>
      calls.ask({ kind: 'our-capabilities' }, 0, (answer) => expect(answer, 'capabilities').capabilities),

    spawn: (spawn) => {
      checkSpawn(spawn)
      return calls.ask({ kind: 'spawn', spawn }, 0, (answer) =>
        answer.kind === 'not-spawned' ? { error: answer.error } : { ok: expect(answer, 'spawned').id },
      )
    },
  }
}

function expect<K extends GuestAnswer['kind']>(answer: GuestAnswer, kind: K): Extract<GuestAnswer, { kind: K }> {
  if (answer.kind === 'trap') throw new HostTrap(answer.reason)
  if (answer.kind !== kind) throw new HostTrap(`the node answered ${answer.kind} where ${kind} was expected`)
  return answer as Extract<GuestAnswer, { kind: K }>
}

function blobOf(event: GuestEvent): Blob | undefined {
  switch (event.kind) {
    case 'request':
      return event.request.blob
    case 'response':
      return event.response.blob
    case 'send-error':
      return undefined // its blob is read from the error itself
    default:
      return unreachable(event)
  }
}

/** Runs `each` on every item in order, waiting for those that give a promise. */
function inOrder<T>(items: readonly T[], each: (item: T) => Answer<void>): Answer<void> {
  for (const [at, item] of items.entries()) {
    const done = each(item)
    if (done instanceof Promise) return done.then(() => inOrder(items.slice(at + 1), each))
  }
}

function checkAwait(request: GuestRequest, our: ProcessAddress): void {
  checkRequest('send-and-await-response', request)
  if (request.expectsResponse === undefined) {
    throw new HostTrap('send-and-await-response: the request has no expects-response, expected a number of seconds')
  }
  if (equalAddresses(request.target, our)) {
    const text = formatAddress(our)
    throw new HostTrap(`send-and-await-response: the target ${text} is the sender itself, expected another process`)
  }
}

function checkRequest(call: string, { target, capabilities, blob }: GuestRequest): void {
  checkCapabilities(call, capabilities, [formatAddress(target), blob?.mime ?? ''])
}

function checkResponse({ capabilities, blob }: GuestResponse): void {
  checkCapabilities('send-response', capabilities, [blob?.mime ?? ''])
}

function checkOnExit(call: string, onExit: OnExit): void {
  const problem = onExitProblem(onExit)
  if (problem !== undefined) throw new HostTrap(`${call}: ${problem}`)
  if (onExit.kind === 'requests') for (const request of onExit.requests) checkRequest(call, request)
}

function checkSpawn({ name, wasmPath, onExit, requestCapabilities, grantCapabilities }: GuestSpawn): void {
  checkOnExit('spawn', onExit)
  checkCount('spawn', requestCapabilities.length)
  checkCount('spawn', grantCapabilities.length)
  const grants = grantCapabilities.map(({ to, params }) => formatProcessId(to) + params)
  checkText('spawn', [name ?? '', wasmPath, ...requestCapabilities.map(capabilityText), ...grants])
}

/** Refuses more capabilities than a message may carry, and names and capabilities without end; gives their length. */
function checkCapabilities(call: string, capabilities: readonly Capability[], names: readonly string[] = []): number {
  checkCount(call, capabilities.length)
  return checkText(call, [...names, ...capabilities.map(capabilityText)])
}

function checkCount(call: string, capabilities: number): void {
  if (capabilities <= CAPABILITIES_MAX) return
  throw new HostTrap(`${call}: there are ${capabilities} capabilities, expected ${CAPABILITIES_MAX} at most`)
}

function costOfCapabilities(call: string, capabilities: readonly Capability[]): number {
  return ACTION_BYTES * (1 + capabilities.length) + checkCapabilities(call, capabilities)
}

function capabilityText({ issuer, params }: Capability): string {
  return formatAddress(issuer) + params
}

/** Refuses a call whose names and capabilities are longer together than any real one; gives their length. */
function checkText(call: string, texts: readonly string[]): number {
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  if (characters <= CALL_TEXT_MAX_CHARACTERS) return characters
  const limit = `${CALL_TEXT_MAX_CHARACTERS} at most`
  throw new HostTrap(`${call}: names and capabilities have ${characters} characters together, expected ${limit}`)
}

function cutText(text: string): string {
  if (text.length <= PRINT_MAX_CHARACTERS) return text
  return `${text.slice(0, PRINT_MAX_CHARACTERS)}… (${text.length - PRINT_MAX_CHARACTERS} more characters)`
}
