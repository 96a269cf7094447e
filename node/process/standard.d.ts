/** The host functions as QuickJS components see them: WIT names in camel case, options as `null`, errors thrown as `payload`. */
declare module 'hyperware:process/standard@1.0.0' {
  export type WitProcessId = { processName: string; packageName: string; publisherNode: string }
  export type WitAddress = { node: string; process: WitProcessId }
  export type WitBlob = { mime: string | null; bytes: Uint8Array }
  export type WitCapability = { issuer: WitAddress; params: string }
  export type WitRequest = {
    inherit: boolean
    expectsResponse: number | null
    body: Uint8Array
    metadata: string | null
    capabilities: WitCapability[]
  }
  export type WitResponse = Omit<WitRequest, 'expectsResponse'>
  export type WitMessage =
    { tag: 'request'; val: WitRequest } | { tag: 'response'; val: [WitResponse, Uint8Array | null] }
  export type WitSendError = {
    kind: 'offline' | 'timeout'
    target: WitAddress
    message: WitMessage
    lazyLoadBlob: WitBlob | null
  }
  export type WitOnExit =
    { tag: 'none' } | { tag: 'restart' } | { tag: 'requests'; val: [WitAddress, WitRequest, WitBlob | null][] }

  export function printToTerminal(verbosity: number, message: string): void
  export function our(): WitAddress
  export function getOnExit(): WitOnExit
  export function setOnExit(onExit: WitOnExit): void
  export function getState(): Uint8Array | null
  export function setState(bytes: Uint8Array): void
  export function clearState(): void
  /** Throws `WitFailure` with `name-taken` or `no-file-at-path`. */
  export function spawn(
    name: string | null,
    wasmPath: string,
    onExit: WitOnExit,
    requestCapabilities: WitCapability[],
    grantCapabilities: [WitProcessId, string][],
    isPublic: boolean,
  ): WitProcessId
  export function saveCapabilities(caps: WitCapability[]): void
  export function dropCapabilities(caps: WitCapability[]): void
  export function ourCapabilities(): WitCapability[]
  /** Throws `WitFailure` with a pair of `WitSendError` and context. */
  export function receive(): [WitAddress, WitMessage]
  export function hasBlob(): boolean
  export function getBlob(): WitBlob | null
  export function lastBlob(): WitBlob | null
  export function sendRequest(
    target: WitAddress,
    request: WitRequest,
    context: Uint8Array | null,
    blob: WitBlob | null,
  ): void
  export function sendRequests(requests: [WitAddress, WitRequest, Uint8Array | null, WitBlob | null][]): void
  export function sendResponse(response: WitResponse, blob: WitBlob | null): void
  /** Throws `WitFailure` with a `WitSendError`. */
  export function sendAndAwaitResponse(
    target: WitAddress,
    request: WitRequest,
    blob: WitBlob | null,
  ): [WitAddress, WitMessage]
}
