import {
  type Capability,
  json,
  type KernelCommand,
  kernelCommandJson,
  type KernelDebugAnswer,
  type KernelMessage,
  type KernelQuestion,
  NO_REVOKE,
  type ProcessListing,
  formatProcessId,
  type SignedCapability,
  unreachable,
} from '@hyperware/protocol'
import { acknowledge, tell } from './answers.ts'
import { capabilityKey, describeCapability } from './capabilities.ts'
import { complain, emit, type Kernel, print } from './kernel.ts'
import { initialize, kill, refusalOf, run, runReady } from './lifecycle.ts'
import { forgetLeftOut, setOnExit } from './persistence.ts'
import { holds, type Process } from './process.ts'
import { addCapability, dropCapability, revokeAll } from './rights.ts'
import { signCapability } from './signing.ts'

/**
 * Does what a local process asks of the kernel (kernel.md section 8). Whoever may message the kernel may give every
 * command: there is no finer check (D5).
 */
export function command(kernel: Kernel, source: Process, asked: KernelMessage): void {
  const read = json.decodeRequest(kernelCommandJson, 'the command', asked.message.body)
  if (!read.ok) return complain(kernel, source.key, `a command of ${source.key} cannot be read: ${read.problem}`)
  const { value } = read
  switch (value.kind) {
    case 'Booted':
      return runReady(kernel)
    case 'Shutdown':
      return shutDown(kernel)
    case 'InitializeProcess':
      return initializeProcess(kernel, source, asked, value)
    case 'GrantCapabilities':
      return grant(kernel, { source, target: find(kernel, value.target), capabilities: value.capabilities })
    case 'DropCapabilities': {
      const target = find(kernel, value.target)
      if (target !== undefined) for (const each of value.capabilities) dropCapability(kernel, target, each)
      return
    }
    case 'SetOnExit': {
      const target = find(kernel, value.target)
      if (target === undefined || target.phase.kind === 'module') return
      return setOnExit(kernel, target, value.onExit)
    }
    case 'RunProcess':
      return runProcess(kernel, asked, find(kernel, value.id))
    case 'KillProcess':
      return killProcess(kernel, asked, value)
    case 'Debug':
      return tell(kernel, asked, { kind: 'Debug', answer: debug(kernel, value.question) })
    default:
      return unreachable(value)
  }
}

/** Ends every instance without its on-exit, and the loop. What is kept is kept: processes start again at the next boot. */
export function shutDown(kernel: Kernel): void {
  for (const { phase } of kernel.processes.values()) {
    if (phase.kind !== 'running') continue
    phase.instance.ended = true
    emit(kernel, { kind: 'kill', instance: phase.instance })
  }
  emit(kernel, { kind: 'shut-down' })
}

function initializeProcess(
  kernel: Kernel,
  source: Process,
  asked: KernelMessage,
  wanted: Extract<KernelCommand, { kind: 'InitializeProcess' }>,
): void {
  const capabilities = wanted.initialCapabilities.flatMap((capability): SignedCapability[] => {
    if (source === kernel.self) return [signCapability(kernel, capability)]
    const held = source.capabilities.get(capabilityKey(capability))
    if (held !== undefined) return [held]
    const what = describeCapability(capability)
    const giving = `${source.key} does not hold ${what} and cannot give it to ${formatProcessId(wanted.id)}`
    complain(kernel, source.key, giving)
    return []
  })
  const refusal = asked.blob === undefined ? 'its component is missing' : refusalOf(kernel, { ...wanted, capabilities })
  if (asked.blob === undefined || refusal !== undefined) {
    complain(kernel, source.key, `${formatProcessId(wanted.id)} cannot be initialized: ${refusal}`)
    return acknowledge(kernel, asked, { kind: 'InitializeProcessError' })
  }
  const done = { kind: 'command', asked, creator: source } as const
  initialize(kernel, { ...wanted, capabilities, wasm: asked.blob.bytes }, done)
}

/** What this node issues is signed here; of what others issue, only who holds it can pass it on. */
function grant(
  kernel: Kernel,
  {
    source,
    target,
    capabilities,
  }: { source: Process; target: Process | undefined; capabilities: readonly Capability[] },
): void {
  if (target === undefined) return
  for (const capability of capabilities) {
    const foreign = capability.issuer.node !== kernel.ourName
    const signed = foreign ? source.capabilities.get(capabilityKey(capability)) : signCapability(kernel, capability)
    if (signed !== undefined) addCapability(kernel, target, signed)
    else print(kernel, 1, `${source.key} does not hold ${describeCapability(capability)} and cannot grant it`)
  }
}

function runProcess(kernel: Kernel, asked: KernelMessage, process: Process | undefined): void {
  if (process?.phase.kind === 'preparing') {
    process.phase.run.push(asked)
    return
  }
  const running = process !== undefined && run(kernel, process)
  acknowledge(kernel, asked, { kind: running ? 'StartedProcess' : 'RunProcessError' })
}

/** Of a process that is not there nothing is said, unless somebody waits for it (D13). */
function killProcess(
  kernel: Kernel,
  asked: KernelMessage,
  { id }: Extract<KernelCommand, { kind: 'KillProcess' }>,
): void {
  const process = find(kernel, id)
  const { message } = asked
  const revoke = message.metadata !== NO_REVOKE
  if (process !== undefined && !kill(kernel, process, { revoke })) {
    return complain(kernel, process.key, `${process.key} is part of this node and cannot be killed`)
  }
  if (process === undefined && forgetLeftOut(kernel, formatProcessId(id)) && revoke) revokeAll(kernel, id)
  if (message.kind === 'request' && message.expectsResponse !== undefined) {
    acknowledge(kernel, asked, { kind: 'KilledProcess', id })
  }
}

function debug(kernel: Kernel, question: KernelQuestion): KernelDebugAnswer {
  switch (question.kind) {
    case 'ProcessMap': {
      const listed = [...kernel.processes].map(([key, process]) => [key, listing(process)] as const)
      return { kind: 'ProcessMap', processes: new Map(listed) }
    }
    case 'Process': {
      const process = find(kernel, question.id)
      return { kind: 'Process', process: process === undefined ? undefined : listing(process) }
    }
    case 'HasCap': {
      const process = find(kernel, question.on)
      return { kind: 'HasCap', held: process === undefined ? undefined : holds(process, question.capability) }
    }
    default:
      return unreachable(question)
  }
}

function listing({ wasmBytesHandle, witVersion, onExit, capabilities, public: isPublic }: Process): ProcessListing {
  const held = [...capabilities.values()].map(({ capability }) => capability)
  return { wasmBytesHandle, witVersion, onExit, capabilities: held, public: isPublic }
}

function find(kernel: Kernel, id: Parameters<typeof formatProcessId>[0]): Process | undefined {
  return kernel.processes.get(formatProcessId(id))
}
