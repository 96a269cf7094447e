import {
  isHypermapSafe,
  type KernelMessage,
  type OnExit,
  type ProcessId,
  type SignedCapability,
  quote,
  formatProcessId,
} from '@hyperware/protocol'
import { acknowledge } from './answers.ts'
import { messagingCapability } from './capabilities.ts'
import { leave } from './credits.ts'
import { arriveError, closeContext } from './delivery.ts'
import type { GuestExit, PreparedGuest } from './guest.ts'
import { complain, emit, freshId, type Kernel, print } from './kernel.ts'
import { PROCESS_ID_MAX_LENGTH, PROCESSES_MAX, WASM_HANDLE_MAX_LENGTH, WIT_VERSION_MAX } from './limits.ts'
import { onExitProblem } from './on-exit.ts'
import { forgetProcess, keepProcess } from './persistence.ts'
import { createProcess, type Instance, type PreparedThen, type Process } from './process.ts'
import { backoffSeconds, nextAttempt } from './restart.ts'
import { addCapability, filterCapabilities, grantOfSpawn, revokeAll } from './rights.ts'
import { signCapability } from './signing.ts'
import { send } from './routing.ts'

export type NewProcess = {
  readonly id: ProcessId
  readonly wasmBytesHandle: string
  readonly witVersion: number | undefined
  readonly onExit: OnExit
  readonly public: boolean
  readonly memoryMaxBytes?: number | undefined
  readonly capabilities: readonly SignedCapability[]
}

/** Why a process cannot be made, or undefined. */
export function refusalOf(kernel: Kernel, { id, witVersion, wasmBytesHandle, onExit }: NewProcess): string | undefined {
  const key = formatProcessId(id)
  if (key.length > PROCESS_ID_MAX_LENGTH) {
    return `${quote(key)} has ${key.length} characters, expected at most ${PROCESS_ID_MAX_LENGTH}`
  }
  if (!isHypermapSafe(id)) return `${quote(key)} is not made of a-z, 0-9, hyphens, and dots in the publisher`
  if (kernel.processes.has(key)) return `${key} exists already`
  if (witVersion !== undefined && witVersion > WIT_VERSION_MAX) {
    return `${key} is made for version ${witVersion} of the process world, expected at most ${WIT_VERSION_MAX}`
  }
  if (wasmBytesHandle.length > WASM_HANDLE_MAX_LENGTH) {
    return `the path of its component has ${wasmBytesHandle.length} characters, expected at most ${WASM_HANDLE_MAX_LENGTH}`
  }
  const problem = onExitProblem(onExit)
  if (problem !== undefined) return problem
  if (kernel.processes.size >= PROCESSES_MAX) return `${PROCESSES_MAX} processes are there already`
  return undefined
}

/**
 * Takes the name and has the component checked; `done` says who hears of it. Mail waits from now on, and is delivered in
 * order once the process runs. Ask `refusalOf` first.
 */
export function initialize(
  kernel: Kernel,
  input: NewProcess & { readonly wasm: Uint8Array },
  done: PreparedThen,
): void {
  const process = createProcess(kernel.ourName, { ...input, phase: { kind: 'preparing', run: [], done } })
  // Who trusted the process that this boot left out does not trust the next one of its name.
  if (kernel.leftOut.has(process.key)) revokeAll(kernel, process.id)
  kernel.processes.set(process.key, process)
  for (const signed of input.capabilities) addCapability(kernel, process, signed)
  addCapability(kernel, process, signCapability(kernel, messagingCapability(process.address)))
  emit(kernel, { kind: 'prepare', process, wasm: input.wasm })
}

/** The component is one that can run: from now on the process is kept. */
export function finishPreparing(kernel: Kernel, process: Process, prepared: PreparedGuest): void {
  if (process.phase.kind !== 'preparing') return
  const { run: runs, done } = process.phase
  process.phase = { kind: 'ready', prepared }
  keepProcess(kernel, process)
  if (done.kind === 'command') {
    // Not who has its name by now.
    const { creator } = done
    if (creator.phase.kind !== 'ended' && creator !== kernel.self) allowMessaging(kernel, creator, process)
    acknowledge(kernel, done.asked, { kind: 'InitializedProcess' })
  } else if (done.kind === 'spawn') finishSpawn(kernel, process, done)
  for (const asked of runs) acknowledge(kernel, asked, { kind: 'StartedProcess' })
  if (runs.length > 0) run(kernel, process)
}

/** The component cannot run: the name is free again, and whoever wrote to it is told. */
export function failPreparing(kernel: Kernel, process: Process, reason: string): void {
  if (process.phase.kind !== 'preparing') return
  complain(kernel, process.key, `${process.key} cannot be initialized: ${reason}`)
  const atBoot = process.phase.done.kind === 'boot'
  // What was kept stays on disk: the next boot may succeed, and what it held is its owner's to give up.
  const staysKept = atBoot && process.stored
  if (staysKept) process.stored = false
  remove(kernel, process, { revoke: !atBoot })
  if (!staysKept) return
  process.stored = true
  kernel.leftOut.set(process.key, process)
}

/** At a boot, a process without its file is dropped for good (kernel.md section 11). */
export function forgetGone(kernel: Kernel, process: Process): void {
  if (process.phase.kind !== 'preparing') return
  print(kernel, 0, `dropped ${process.key}: there is no file ${quote(process.wasmBytesHandle)}`)
  remove(kernel, process, { revoke: false })
}

function finishSpawn(
  kernel: Kernel,
  child: Process,
  { parent, spawn }: Extract<PreparedThen, { kind: 'spawn' }>,
): void {
  grantOfSpawn(kernel, child, spawn.grantCapabilities)
  run(kernel, child)
  // The parent may have ended meanwhile.
  if (parent.process.phase.kind !== 'ended') {
    allowMessaging(kernel, child, parent.process)
    allowMessaging(kernel, parent.process, child)
  }
  answerSpawn(kernel, parent, { kind: 'spawned', id: child.id })
}

export function answerSpawn(
  kernel: Kernel,
  parent: Instance,
  answer:
    | { kind: 'spawned'; id: ProcessId }
    | { kind: 'not-spawned'; error: 'name-taken' | 'no-file-at-path' }
    | { kind: 'trap'; reason: string },
): void {
  if (!parent.ended) emit(kernel, { kind: 'answer', instance: parent, answer })
}

function allowMessaging(kernel: Kernel, holder: Process, target: Process): void {
  addCapability(kernel, holder, signCapability(kernel, messagingCapability(target.address)))
}

/**
 * Starts a process that is initialized; one that runs already goes on. False for one that is not there to be run, as one
 * that waits to be started again: it is absent to everybody until then (kernel.md section 7).
 */
export function run(kernel: Kernel, process: Process): boolean {
  const { phase } = process
  if (phase.kind === 'running') return true
  if (phase.kind !== 'ready') return false
  const instance: Instance = {
    process,
    startedMs: kernel.nowMs,
    ended: false,
    waiting: undefined,
    owed: { messages: 0, bytes: 0 },
    creditedMs: kernel.nowMs,
  }
  process.phase = { kind: 'running', prepared: phase.prepared, instance }
  emit(kernel, { kind: 'start', instance, prepared: phase.prepared })
  return true
}

/** An instance ended by itself. A clean return counts the same as a trap (kernel.md sections 6 and 7). */
export function finish(kernel: Kernel, instance: Instance, exit: GuestExit): void {
  const { process } = instance
  if (instance.ended || process.phase.kind !== 'running') return
  if (exit.kind === 'returned') print(kernel, 1, `${process.key} returned`)
  else complain(kernel, process.key, `${process.key} trapped: ${exit.reason}`)
  const { prepared } = process.phase
  switch (process.onExit.kind) {
    case 'none':
      return remove(kernel, process, { revoke: true })
    case 'requests':
      sendOnExitRequests(kernel, process, process.onExit.requests)
      return remove(kernel, process, { revoke: true })
    case 'restart': {
      clear(kernel, process)
      process.attempts = nextAttempt(process.attempts, kernel.nowMs - instance.startedMs)
      const waitSeconds = process.attempts === 1 ? 0 : backoffSeconds(process.attempts)
      process.phase = { kind: 'waiting', prepared, untilMs: kernel.nowMs + waitSeconds * 1_000 }
      if (waitSeconds === 0) return restart(kernel, process)
      complain(kernel, process.key, `${process.key} is started again in ${waitSeconds} s`)
      const timer = { kind: 'restart', subject: process } as const
      emit(kernel, { kind: 'start-timer', timer, deadlineMs: process.phase.untilMs })
    }
  }
}

/** The back-off is over, or there is none. */
export function restart(kernel: Kernel, process: Process): void {
  const { phase } = process
  if (phase.kind !== 'waiting') return
  if (kernel.nowMs < phase.untilMs) {
    const timer = { kind: 'restart', subject: process } as const
    return emit(kernel, { kind: 'start-timer', timer, deadlineMs: phase.untilMs })
  }
  process.phase = { kind: 'ready', prepared: phase.prepared }
  run(kernel, process)
}

/** Sends what a process wants sent when it ends, as if it said so itself; nobody is left to hear responses. */
function sendOnExitRequests(
  kernel: Kernel,
  process: Process,
  requests: Extract<OnExit, { kind: 'requests' }>['requests'],
): void {
  for (const { target, inherit, body, metadata, capabilities, blob } of requests) {
    const message: KernelMessage = {
      id: freshId(kernel, process.contexts),
      source: process.address,
      target,
      rsvp: undefined,
      message: {
        kind: 'request',
        inherit,
        expectsResponse: undefined,
        body,
        metadata,
        capabilities: filterCapabilities(kernel, process, capabilities),
      },
      blob,
    }
    send(kernel, process, message)
  }
}

/** Ends a process in whatever phase; runtime modules cannot be ended. */
export function kill(kernel: Kernel, process: Process, { revoke }: { revoke: boolean }): boolean {
  if (process.phase.kind === 'module') return false
  remove(kernel, process, { revoke })
  return true
}

function remove(kernel: Kernel, process: Process, { revoke }: { revoke: boolean }): void {
  const { phase } = process
  if (phase.kind === 'waiting') emit(kernel, { kind: 'stop-timer', subject: process })
  clear(kernel, process)
  process.phase = { kind: 'ended' }
  kernel.processes.delete(process.key)
  forgetProcess(kernel, process)
  if (revoke) revokeAll(kernel, process.id)
  if (phase.kind === 'running') emit(kernel, { kind: 'kill', instance: phase.instance })
  if (phase.kind !== 'preparing') return
  for (const asked of phase.run) acknowledge(kernel, asked, { kind: 'RunProcessError' })
  if (phase.done.kind === 'command') acknowledge(kernel, phase.done.asked, { kind: 'InitializeProcessError' })
  else if (phase.done.kind === 'spawn') {
    answerSpawn(kernel, phase.done.parent, { kind: 'not-spawned', error: 'no-file-at-path' })
  }
}

/** Forgets what an instance was in the middle of. Its inbox goes with it. */
function clear(kernel: Kernel, process: Process): void {
  if (process.phase.kind === 'running') process.phase.instance.ended = true
  for (const id of process.contexts.keys()) closeContext(kernel, process, id)
  emptyInbox(kernel, process)
  process.prompt = undefined
  process.lastBlob = undefined
  process.delivered.clear()
}

/**
 * What the process never received meets an absent one: whoever expects a response to it hears at once that there will
 * be none, also when the process is started again, with a fresh inbox. What it received and did not answer is its own
 * affair, and ends at the deadline.
 */
function emptyInbox(kernel: Kernel, process: Process): void {
  const lost = process.inbox.size
  if (lost === 0) return
  const fate = process.phase.kind === 'preparing' ? 'could not be initialized' : 'ended'
  print(kernel, 1, `${process.key} ${fate} with ${lost} messages waiting`)
  const reason = `${process.key} ${fate} before it received the request`
  for (let mail = process.inbox.shift(); mail !== undefined; mail = process.inbox.shift()) {
    leave(kernel, process, mail)
    const { source, message } = mail.message
    const sender = source.node === kernel.ourName ? kernel.processes.get(formatProcessId(source.process)) : undefined
    if (sender === undefined || message.kind !== 'request' || message.expectsResponse === undefined) continue
    arriveError(kernel, sender, { message: mail.message, kind: 'timeout', reason })
  }
}

/** Every component is there: the requests of those that ended with the last run are sent, and all begin. */
export function finishBoot(kernel: Kernel): void {
  for (const process of kernel.processes.values()) {
    if (process.phase.kind === 'ready' && process.onExit.kind === 'requests') {
      sendOnExitRequests(kernel, process, process.onExit.requests)
    }
  }
  runReady(kernel)
}

export function runReady(kernel: Kernel): void {
  for (const process of kernel.processes.values()) run(kernel, process)
}
