import { transpileBytes } from '@bytecodealliance/jco-transpile'
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation'
import type { Blob, Capability, ProcessAddress, ProcessId } from '@hyperware/protocol'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GuestEvent, GuestRequest, GuestResponse, OnExit } from '../../../../node/kernel/guest.ts'
import { STANDARD_INTERFACE, type StandardHost } from '../../../../node/wasm/standard.ts'

/** A component as jco loads it: the other implementation of the component model that ours is compared with. */
export type Transpiled = {
  /** The core modules, by the names that jco gives them. */
  readonly modules: ReadonlyMap<string, Uint8Array>
  /** With `changed` instead of the modules of those names. */
  readonly instantiate: (
    standard: StandardHost,
    changed?: ReadonlyMap<string, WebAssembly.Module>,
  ) => TranspiledInstance
}

export type TranspiledInstance = { readonly init: (our: string) => void | Promise<void> }

type Instantiate = (
  getCoreModule: (path: string) => WebAssembly.Module,
  imports: Record<string, unknown>,
) => TranspiledInstance

/** The functions that ask the kernel something. */
const WAITING = [
  'get-on-exit',
  'get-state',
  'set-state',
  'clear-state',
  'spawn',
  'our-capabilities',
  'receive',
  'send-and-await-response',
].map((name) => `${STANDARD_INTERFACE}#${name}`)

/** With `waits`, the host may give promises in answer to questions, and `init` gives one. */
export async function transpileWithJco(component: Uint8Array, { waits = false } = {}): Promise<Transpiled> {
  const options = { name: 'guest', instantiation: 'sync', base64Cutoff: 0 } as const
  const waiting = { asyncMode: 'jspi', asyncImports: WAITING, asyncExports: ['init'] } as const
  const { files } = await transpileBytes(component, waits ? { ...options, ...waiting } : options)
  const folder = mkdtempSync(join(tmpdir(), 'jco-'))
  const modules = new Map<string, Uint8Array>()
  for (const [path, bytes] of Object.entries(files)) {
    if (path.endsWith('.wasm')) modules.set(path, bytes)
    else if (path.endsWith('.js')) writeFileSync(join(folder, path), bytes)
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const { instantiate } = (await import(join(folder, 'guest.js'))) as { readonly instantiate: Instantiate }
  rmSync(folder, { recursive: true })
  const compiled = new Map([...modules].map(([path, bytes]) => [path, new WebAssembly.Module(bytes as BufferSource)]))
  const wasi = new WASIShim().getImportObject() as Record<string, unknown>
  return {
    modules,
    instantiate: (standard, changed) => {
      const getCoreModule = (path: string): WebAssembly.Module => {
        const module = changed?.get(path) ?? compiled.get(path)
        if (module === undefined) throw new Error(`jco asks for ${path}, which it did not make`)
        return module
      }
      return instantiate(getCoreModule, { ...wasi, 'hyperware:process/standard': jcoStandard(standard) })
    },
  }
}

// Values as jco has them: records by the names of WIT in camel case, `{ tag, val }` for variants, results as exceptions.
type JcoId = { processName: string; packageName: string; publisherNode: string }
type JcoAddress = { node: string; process: JcoId }
type JcoCapability = { issuer: JcoAddress; params: string }
type JcoBlob = { mime?: string; bytes: Uint8Array }
type JcoResponse = { inherit: boolean; body: Uint8Array; metadata?: string; capabilities: JcoCapability[] }
type JcoRequest = JcoResponse & { expectsResponse?: bigint }
type JcoOnExit =
  { tag: 'none' } | { tag: 'restart' } | { tag: 'requests'; val: [JcoAddress, JcoRequest, JcoBlob | undefined][] }

const toId = (id: ProcessId): JcoId => ({
  processName: id.process,
  packageName: id.package,
  publisherNode: id.publisher,
})
const fromId = (id: JcoId): ProcessId => ({
  process: id.processName,
  package: id.packageName,
  publisher: id.publisherNode,
})
const toAddress = ({ node, process }: ProcessAddress): JcoAddress => ({ node, process: toId(process) })
const fromAddress = ({ node, process }: JcoAddress): ProcessAddress => ({ node, process: fromId(process) })
const toCapability = ({ issuer, params }: Capability): JcoCapability => ({ issuer: toAddress(issuer), params })
const fromCapability = ({ issuer, params }: JcoCapability): Capability => ({ issuer: fromAddress(issuer), params })
const toBlob = (blob: Blob | undefined): unknown => blob
const fromBlob = (blob: JcoBlob | undefined): Blob | undefined => blob && { mime: blob.mime, bytes: blob.bytes }
const toParts = (parts: Omit<GuestResponse, 'blob'>): unknown => ({
  ...parts,
  capabilities: parts.capabilities.map(toCapability),
})

function fromResponse(response: JcoResponse, blob: JcoBlob | undefined): GuestResponse {
  return {
    inherit: response.inherit,
    body: response.body,
    metadata: response.metadata,
    capabilities: response.capabilities.map(fromCapability),
    blob: fromBlob(blob),
  }
}

function fromRequest(target: JcoAddress, request: JcoRequest, blob: JcoBlob | undefined): GuestRequest {
  const { expectsResponse } = request
  return { target: fromAddress(target), expectsResponse, ...fromResponse(request, blob) }
}

function fromOnExit(exit: JcoOnExit): OnExit {
  if (exit.tag !== 'requests') return { kind: exit.tag }
  return { kind: exit.tag, requests: exit.val.map(([target, request, blob]) => fromRequest(target, request, blob)) }
}

function toOnExit(exit: OnExit): unknown {
  if (exit.kind !== 'requests') return { tag: exit.kind }
  const val = exit.requests.map((request) => [toAddress(request.target), toParts(request), toBlob(request.blob)])
  return { tag: exit.kind, val }
}

/** The result of the two functions that wait: `failure` is what the second of them throws. */
function deliver(event: GuestEvent, failure: (error: unknown, context: Uint8Array | undefined) => unknown): unknown {
  if (event.kind === 'request') return [toAddress(event.source), { tag: 'request', val: toParts(event.request) }]
  if (event.kind === 'response') {
    return [toAddress(event.source), { tag: 'response', val: [toParts(event.response), event.context] }]
  }
  const message =
    event.message.kind === 'request'
      ? { tag: 'request', val: toParts(event.message.request) }
      : { tag: 'response', val: [toParts(event.message.response), undefined] }
  const error = { kind: event.error, target: toAddress(event.target), message, lazyLoadBlob: event.blob }
  throw failure(error, event.context)
}

/** What becomes of an answer, now or later. */
function after<T, R>(answer: T | Promise<T>, then: (answer: T) => R): R | Promise<R> {
  return answer instanceof Promise ? answer.then(then) : then(answer)
}

function jcoStandard(host: StandardHost): Record<string, (...args: never[]) => unknown> {
  return {
    printToTerminal: host.printToTerminal,
    our: () => after(host.our(), toAddress),
    getOnExit: () => after(host.getOnExit(), toOnExit),
    setOnExit: (exit: JcoOnExit) => host.setOnExit(fromOnExit(exit)),
    getState: host.getState,
    setState: host.setState,
    clearState: host.clearState,
    spawn: (
      name: string | undefined,
      wasmPath: string,
      onExit: JcoOnExit,
      requested: JcoCapability[],
      granted: [JcoId, string][],
      isPublic: boolean,
    ) => {
      const spawn = {
        name,
        wasmPath,
        onExit: fromOnExit(onExit),
        requestCapabilities: requested.map(fromCapability),
        grantCapabilities: granted.map(([to, params]) => ({ to: fromId(to), params })),
        public: isPublic,
      }
      return after(host.spawn(spawn), (spawned) => {
        if ('error' in spawned) throw spawned.error
        return toId(spawned.ok)
      })
    },
    saveCapabilities: (capabilities: JcoCapability[]) => host.saveCapabilities(capabilities.map(fromCapability)),
    dropCapabilities: (capabilities: JcoCapability[]) => host.dropCapabilities(capabilities.map(fromCapability)),
    ourCapabilities: () => after(host.ourCapabilities(), (held) => held.map(toCapability)),
    receive: () => after(host.receive(), (event) => deliver(event, (error, context) => [error, context])),
    hasBlob: host.hasBlob,
    getBlob: () => after(host.getBlob(), toBlob),
    lastBlob: () => after(host.lastBlob(), toBlob),
    sendRequest: (
      target: JcoAddress,
      request: JcoRequest,
      context: Uint8Array | undefined,
      blob: JcoBlob | undefined,
    ) => host.sendRequest(fromRequest(target, request, blob), context),
    sendRequests: (requests: [JcoAddress, JcoRequest, Uint8Array | undefined, JcoBlob | undefined][]) =>
      host.sendRequests(
        requests.map(([target, request, context, blob]) => ({ request: fromRequest(target, request, blob), context })),
      ),
    sendResponse: (response: JcoResponse, blob: JcoBlob | undefined) => host.sendResponse(fromResponse(response, blob)),
    sendAndAwaitResponse: (target: JcoAddress, request: JcoRequest, blob: JcoBlob | undefined) =>
      after(host.sendAndAwaitResponse(fromRequest(target, request, blob)), (event) => deliver(event, (error) => error)),
  }
}
