import { kernel, messaging, our, ourCapabilities, vfs } from '@hyperware/process'
import {
  type Capability,
  decodeScripts,
  formatProcessId,
  HyperwareError,
  type NamedCapabilities,
  NETWORK_PARAMS,
  parseProcessId,
  type ProcessId,
  type ScriptEntry,
} from '@hyperware/protocol'

export type ScriptProblem = { code: 'unknown' | 'unreadable' | 'refused'; script: string; reason: string }

/** A script that cannot be run. */
export class ScriptError extends HyperwareError<ScriptProblem> {}

function scriptError(code: ScriptProblem['code'], script: ProcessId, reason: string): ScriptError {
  const text = formatProcessId(script)
  return new ScriptError({ code, script: text, reason }, `Cannot run ${text}: ${reason}`)
}

/**
 * Starts a script as a process of its own, with the rights that its package's `scripts.json` asks for (kernel.md
 * section 13). It waits for its first request. @throws ScriptError, FileError, SendError
 */
export function startScript(script: ProcessId): ProcessId {
  const folder = `/${script.package}:${script.publisher}/pkg`
  const file = `${script.process}.wasm`
  if (!vfs.exists(`${folder}/scripts.json`)) {
    throw scriptError('unknown', script, `no package ${script.package}:${script.publisher} with scripts is installed`)
  }
  const scripts = decodeScripts(vfs.readText(`${folder}/scripts.json`))
  if (!scripts.ok) throw scriptError('unreadable', script, scripts.problem)
  const entry = scripts.value.get(file)
  if (entry === undefined) throw scriptError('unknown', script, `${folder}/scripts.json lists no ${file}`)
  const id: ProcessId = { ...script, process: freshName() }
  initialize(script, id, `${folder}/${file}`, entry)
  kernel.tell({ kind: 'GrantCapabilities', target: id, capabilities: rightsOf(entry) })
  for (const { process, params } of entry.grantCapabilities.read) {
    const granted = { issuer: { node: our().node, process: id }, params }
    kernel.tell({ kind: 'GrantCapabilities', target: process, capabilities: [granted] })
  }
  const started = kernel.ask({ kind: 'RunProcess', id })
  if (started.kind !== 'StartedProcess') throw scriptError('refused', script, 'the kernel could not start it')
  return id
}

function initialize(script: ProcessId, id: ProcessId, path: string, entry: ScriptEntry): void {
  vfs.load(path) // it may be larger than this process
  const answer = kernel.ask(
    {
      kind: 'InitializeProcess',
      id,
      wasmBytesHandle: path,
      witVersion: entry.witVersion,
      onExit: { kind: 'none' },
      initialCapabilities: [],
      public: entry.public,
      memoryMaxBytes: entry.memoryMaxBytes,
    },
    { inherit: true, timeoutSeconds: 30 },
  )
  if (answer.kind !== 'InitializedProcess')
    throw scriptError('refused', script, `the kernel does not take ${path}; the node's terminal says why`)
}

function rightsOf(entry: ScriptEntry): readonly Capability[] {
  const { node } = our()
  const kernelProcess = parseProcessId('kernel:distro:sys')
  return [
    ...issued(node, entry.requestCapabilities),
    messaging(our()),
    ...(entry.requestNetworking ? [{ issuer: { node, process: kernelProcess }, params: NETWORK_PARAMS }] : []),
    ...(entry.root ? ourCapabilities() : []),
  ]
}

function issued(node: string, { read }: NamedCapabilities): readonly Capability[] {
  return read.map(({ process, params }) => ({ issuer: { node, process }, params }))
}

let made = 0

/** A number of 64 bits as decimal text, the name of a process that was given none; never the same twice. */
function freshName(): string {
  made = (made + 1) % 2 ** 20
  return ((BigInt(Date.now()) << 20n) | BigInt(made)).toString()
}
