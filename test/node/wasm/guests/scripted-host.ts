import type { Blob, Capability, ProcessAddress } from '@hyperware/protocol'
import type { GuestEvent, GuestRequest, OnExit } from '../../../../node/kernel/guest.ts'
import { HostTrap, type StandardHost } from '../../../../node/wasm/standard.ts'
import { StderrTail, type WasiHost, sleepThread, systemWasi } from '../../../../node/wasm/wasi/host.ts'

/** What a guest called: the function of WIT and its arguments. */
export type Call = readonly [name: string, ...args: unknown[]]

export const ALICE: ProcessAddress = {
  node: 'alice-home.os',
  process: { process: 'main', package: 'chat', publisher: 'böb.os' },
}
export const CAPABILITIES: readonly Capability[] = [
  { issuer: ALICE, params: '"messaging"' },
  { issuer: { ...ALICE, node: 'our' }, params: '{"root":true}' },
]
export const BLOB: Blob = { mime: 'text/plain', bytes: Uint8Array.of(0, 255, 7) }
export const BARE_BLOB: Blob = { mime: undefined, bytes: new Uint8Array(0) }

/** A request whose body begins with the letter that tells the guest what to do. */
export function request(letter: string, parts: Partial<GuestRequest> = {}): GuestEvent & { readonly kind: 'request' } {
  const plain = { inherit: false, expectsResponse: undefined, metadata: undefined, capabilities: [], blob: undefined }
  return { kind: 'request', source: ALICE, request: { ...plain, body: Buffer.from(letter), ...parts } }
}

/** A host that hands out events one after the other, remembers every call, and answers each the same way every time. */
export function scriptedHost(
  events: readonly GuestEvent[],
  answers: Partial<StandardHost> = {},
): { readonly standard: StandardHost; readonly calls: Call[] } {
  const calls: Call[] = []
  let next = 0
  let blob: Blob | undefined
  let onExit: OnExit = { kind: 'none' }
  const record = (name: string, ...args: unknown[]): void => void calls.push([name, ...args])
  const standard: StandardHost = {
    printToTerminal: (verbosity, message) => record('print-to-terminal', verbosity, message),
    our: () => (record('our'), ALICE),
    getOnExit: () => (record('get-on-exit'), onExit),
    setOnExit: (exit) => {
      record('set-on-exit', exit)
      onExit = exit
    },
    getState: () => (record('get-state'), Uint8Array.of(1, 2, 3)),
    setState: (bytes) => record('set-state', bytes),
    clearState: () => record('clear-state'),
    spawn: (spawn) => (record('spawn', spawn), { ok: { process: 'child', package: 'chat', publisher: 'böb.os' } }),
    saveCapabilities: (capabilities) => record('save-capabilities', capabilities),
    dropCapabilities: (capabilities) => record('drop-capabilities', capabilities),
    ourCapabilities: () => (record('our-capabilities'), CAPABILITIES),
    receive: () => {
      record('receive')
      const event = events[next]
      next += 1
      if (event === undefined) throw new HostTrap('the script is over')
      blob = event.kind === 'request' ? event.request.blob : event.kind === 'response' ? event.response.blob : undefined
      return event
    },
    hasBlob: () => (record('has-blob'), blob !== undefined),
    getBlob: () => blob,
    lastBlob: () => (record('last-blob'), BLOB),
    sendRequest: (request, context) => record('send-request', request, context),
    sendRequests: (requests) => record('send-requests', requests),
    sendResponse: (response) => record('send-response', response),
    sendAndAwaitResponse: (request) => {
      record('send-and-await-response', request)
      const response = { inherit: true, body: Buffer.from('answer'), metadata: 'm', capabilities: [], blob: undefined }
      return { kind: 'response', source: ALICE, response, context: undefined }
    },
    ...answers,
  }
  return { standard, calls }
}

/** This machine's clocks, a thread that sleeps, and what the guest said as it failed. */
export function testWasi(): { readonly wasi: WasiHost; readonly stderr: StderrTail } {
  const stderr = new StderrTail()
  return { wasi: systemWasi({ sleep: sleepThread, stderr: (bytes) => stderr.write(bytes) }), stderr }
}

/** Byte arrays of any class alike. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value]
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}
