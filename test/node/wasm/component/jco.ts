import { transpileBytes } from '@bytecodealliance/jco-transpile'
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation'
import type { Blob, Capability, ProcessAddress, ProcessId } from '@hyperware/protocol'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GuestEvent, GuestRequest, GuestResponse, OnExit } from '../../../../node/kernel/guest.ts'
import type { StandardHost } from '../../../../node/wasm/standard.ts'

/** A component as jco loads it: the other implementation of the component model that ours is compared with. */
export type Transpiled = { readonly instantiate: (standard: StandardHost) => { readonly init: (our: string) => void } }

type Instantiate = (
  getCoreModule: (path: string) => WebAssembly.Module,
  imports: Record<string, unknown>,
) => { readonly init: (our: string) => void }

export async function transpileWithJco(component: Uint8Array): Promise<Transpiled> {
  const options = { name: 'guest', instantiation: 'sync', base64Cutoff: 0 } as const
  const { files } = await transpileBytes(component, options)
  const folder = mkdtempSync(join(tmpdir(), 'jco-'))
  const modules = new Map<string, WebAssembly.Module>()
  for (const [path, bytes] of Object.entries(files)) {
    if (path.endsWith('.wasm')) modules.set(path, new WebAssembly.Module(bytes as BufferSource))
    else if (path.endsWith('.js')) writeFileSync(join(folder, path), bytes)
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const { instantiate } = (await import(join(folder, 'guest.js'))) as { readonly instantiate: Instantiate }
  rmSync(folder, { recursive: true })
  const getCoreModule = (path: string): WebAssembly.Module => {
    const module = modules.get(path)
    if (module === undefined) throw new Error(`jco asks for ${path}, which it did not make`)
    return module
  }
  const wasi = new WASIShim().getImportObject() as Record<string, unknown>
  return {
    instantiate: (standard) =>
      instantiate(getCoreModule, { ...wasi, 'hyperware:process/standard': jcoStandard(standard) }),
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

/** All of these are answered at once here. */
function now<T>(answer: T | Promise<T>): T {
  if (answer instanceof Promise) throw new Error('the host of this test answers at once')
  return answer
}

function jcoStandard(host: StandardHost): Record<string, (...args: never[]) => unknown> {
  return {
    printToTerminal: host.printToTerminal,
    our: () => toAddress(now(host.our())),
    getOnExit: () => toOnExit(now(host.getOnExit())),
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
      const spawned = now(
        host.spawn({
          name,
          wasmPath,
          onExit: fromOnExit(onExit),
          requestCapabilities: requested.map(fromCapability),
          grantCapabilities: granted.map(([to, params]) => ({ to: fromId(to), params })),
          public: isPublic,
        }),
      )
      if ('error' in spawned) throw spawned.error
      return toId(spawned.ok)
    },
    saveCapabilities: (capabilities: JcoCapability[]) => host.saveCapabilities(capabilities.map(fromCapability)),
    dropCapabilities: (capabilities: JcoCapability[]) => host.dropCapabilities(capabilities.map(fromCapability)),
    ourCapabilities: () => now(host.ourCapabilities()).map(toCapability),
    receive: () => deliver(now(host.receive()), (error, context) => [error, context]),
    hasBlob: host.hasBlob,
    getBlob: () => toBlob(now(host.getBlob())),
    lastBlob: () => toBlob(now(host.lastBlob())),
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
      deliver(now(host.sendAndAwaitResponse(fromRequest(target, request, blob))), (error) => error),
  }
}
