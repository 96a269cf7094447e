import type { Blob, Capability, ProcessAddress, ProcessId } from '@hyperware/protocol'
import type { GuestEvent, GuestRequest, GuestResponse, GuestSpawn, OnExit } from '../kernel/guest.ts'
import {
  type Answer,
  type AnyShape,
  type HostFunction,
  type Result,
  type Shape,
  type ValueOf,
  bool,
  bytes,
  hostFunction,
  list,
  mapped,
  oneOf,
  option,
  record,
  result,
  string,
  tuple,
  u64,
  u8,
  variant,
} from './component/shape.ts'

export { type Answer, HostTrap } from './component/shape.ts'

/**
 * The 19 functions of `hyperware:process/standard@1.0.0`, as a running guest calls them (kernel.md sections 1 and 5).
 * Bytes are copies that the host may keep. Any of them may throw a `HostTrap`; the guest then ends with its reason.
 */
export type StandardHost = {
  printToTerminal: (verbosity: number, message: string) => Answer<void>
  our: () => Answer<ProcessAddress>
  getOnExit: () => Answer<OnExit>
  setOnExit: (onExit: OnExit) => Answer<void>
  getState: () => Answer<Uint8Array | undefined>
  setState: (bytes: Uint8Array) => Answer<void>
  clearState: () => Answer<void>
  spawn: (spawn: GuestSpawn) => Answer<{ readonly ok: ProcessId } | { readonly error: SpawnError }>
  saveCapabilities: (capabilities: readonly Capability[]) => Answer<void>
  dropCapabilities: (capabilities: readonly Capability[]) => Answer<void>
  ourCapabilities: () => Answer<readonly Capability[]>
  receive: () => Answer<GuestEvent>
  hasBlob: () => Answer<boolean>
  getBlob: () => Answer<Blob | undefined>
  lastBlob: () => Answer<Blob | undefined>
  sendRequest: (request: GuestRequest, context: Uint8Array | undefined) => Answer<void>
  sendRequests: (
    requests: readonly { readonly request: GuestRequest; readonly context: Uint8Array | undefined }[],
  ) => Answer<void>
  sendResponse: (response: GuestResponse) => Answer<void>
  sendAndAwaitResponse: (request: GuestRequest) => Answer<GuestEvent>
}

export type SpawnError = 'name-taken' | 'no-file-at-path'

export const STANDARD_INTERFACE = 'hyperware:process/standard@1.0.0'

const processId: Shape<ProcessId> = record(
  { process: string, package: string, publisher: string },
  { process: 'process-name', package: 'package-name', publisher: 'publisher-node' },
)
const address: Shape<ProcessAddress> = record({ node: string, process: processId })
const capability: Shape<Capability> = record({ issuer: address, params: string })
const capabilities = list(capability)
const blob: Shape<Blob> = record({ mime: option(string), bytes })
const context = option(bytes)

const request = record({
  inherit: bool,
  expectsResponse: option(u64),
  body: bytes,
  metadata: option(string),
  capabilities,
})
const response = record({ inherit: bool, body: bytes, metadata: option(string), capabilities })
const message = variant({ request, response: tuple(response, context) })

const addressedRequest: Shape<GuestRequest> = mapped(tuple(address, request, option(blob)), {
  lift: ([target, request, blob]) => ({ target, ...request, blob }),
  lower: (request) => [request.target, request, request.blob] as const,
})

const onExit: Shape<OnExit> = mapped(
  variant({ none: undefined, restart: undefined, requests: list(addressedRequest) }),
  {
    lift: (exit) => (exit.kind === 'requests' ? { kind: exit.kind, requests: exit.value } : exit),
    lower: (exit) => (exit.kind === 'requests' ? { kind: exit.kind, value: exit.requests } : exit),
  },
)

const delivered = tuple(address, message)
const sendError = record({
  kind: oneOf('offline', 'timeout'),
  target: address,
  message,
  lazyLoadBlob: option(blob),
})

/** The response, or why there is none: `E` is what the two functions that wait say in that case. */
function event<E>(
  error: Shape<E>,
  lowerError: (failure: ValueOf<typeof sendError>, context: Uint8Array | undefined) => E,
): Shape<GuestEvent> {
  return mapped(result(delivered, error), {
    lower: (event): Result<ValueOf<typeof delivered>, E> => {
      switch (event.kind) {
        case 'request':
          return { ok: [event.source, { kind: 'request', value: event.request }] }
        case 'response':
          return { ok: [event.source, { kind: 'response', value: [event.response, event.context] }] }
        case 'send-error':
          return { error: lowerError(lowerSendError(event), event.context) }
      }
    },
  })
}

function lowerSendError(event: GuestEvent & { readonly kind: 'send-error' }): ValueOf<typeof sendError> {
  const { message } = event
  return {
    kind: event.error,
    target: event.target,
    // What the guest wrote as the context comes beside the error, never inside its message.
    message:
      message.kind === 'request'
        ? { kind: 'request', value: message.request }
        : { kind: 'response', value: [message.response, undefined] },
    lazyLoadBlob: event.blob,
  }
}

/** All of these may wait: those that only tell the kernel something wait when the guest has too much on the way. */
function standard<P extends Record<string, AnyShape>, R = void>(
  params: P,
  answer: Shape<R> | undefined,
  call: (host: StandardHost, values: { readonly [K in keyof P]: ValueOf<P[K]> }) => Answer<R>,
): HostFunction<StandardHost> {
  return hostFunction(params, answer, call, { blocks: true })
}

/** Types of the 19 functions as in `wit/hyperware.wit`, and the call that each makes. */
export const STANDARD_FUNCTIONS: Readonly<Record<string, HostFunction<StandardHost>>> = {
  'print-to-terminal': standard({ verbosity: u8, message: string }, undefined, (host, { verbosity, message }) =>
    host.printToTerminal(verbosity, message),
  ),
  our: standard({}, address, (host) => host.our()),
  'get-on-exit': standard({}, onExit, (host) => host.getOnExit()),
  'set-on-exit': standard({ onExit }, undefined, (host, { onExit }) => host.setOnExit(onExit)),
  'get-state': standard({}, option(bytes), (host) => host.getState()),
  'set-state': standard({ bytes }, undefined, (host, { bytes }) => host.setState(bytes)),
  'clear-state': standard({}, undefined, (host) => host.clearState()),
  spawn: standard(
    {
      name: option(string),
      wasmPath: string,
      onExit,
      requestCapabilities: capabilities,
      grantCapabilities: list(mapped(tuple(processId, string), { lift: ([to, params]) => ({ to, params }) })),
      public: bool,
    },
    result(processId, oneOf('name-taken', 'no-file-at-path')),
    (host, spawn) => host.spawn(spawn),
  ),
  'save-capabilities': standard({ caps: capabilities }, undefined, (host, { caps }) => host.saveCapabilities(caps)),
  'drop-capabilities': standard({ caps: capabilities }, undefined, (host, { caps }) => host.dropCapabilities(caps)),
  'our-capabilities': standard({}, capabilities, (host) => host.ourCapabilities()),
  receive: standard(
    {},
    event(tuple(sendError, context), (failure, context) => [failure, context] as const),
    (host) => host.receive(),
  ),
  'has-blob': standard({}, bool, (host) => host.hasBlob()),
  'get-blob': standard({}, option(blob), (host) => host.getBlob()),
  'last-blob': standard({}, option(blob), (host) => host.lastBlob()),
  'send-request': standard(
    { target: address, request, context, lazyLoadBlob: option(blob) },
    undefined,
    (host, { target, request, context, lazyLoadBlob }) =>
      host.sendRequest({ target, ...request, blob: lazyLoadBlob }, context),
  ),
  'send-requests': standard(
    {
      requests: list(
        mapped(tuple(address, request, context, option(blob)), {
          lift: ([target, request, context, blob]) => ({ request: { target, ...request, blob }, context }),
        }),
      ),
    },
    undefined,
    (host, { requests }) => host.sendRequests(requests),
  ),
  'send-response': standard({ response, lazyLoadBlob: option(blob) }, undefined, (host, { response, lazyLoadBlob }) =>
    host.sendResponse({ ...response, blob: lazyLoadBlob }),
  ),
  'send-and-await-response': standard(
    { target: address, request, lazyLoadBlob: option(blob) },
    event(sendError, (failure) => failure),
    (host, { target, request, lazyLoadBlob }) => host.sendAndAwaitResponse({ target, ...request, blob: lazyLoadBlob }),
  ),
}
