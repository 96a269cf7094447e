import { formatProcessId, type KernelMessage, type ProcessId, unreachable } from '@hyperware/protocol'
import {
  type DropReason,
  EXPECTS_RESPONSE_MAX_SECONDS,
  holds,
  type KernelState,
  messagingCapability,
  networkCapability,
  PENDING_MAX,
  pendingKey,
  type ProcessRecord,
  resolveOur,
  type SendError,
  type SendErrorKind,
} from './state.ts'

/** What the loop has to do after a step, in order. */
export type Effect =
  | { kind: 'deliver'; process: ProcessId; message: KernelMessage }
  | { kind: 'transmit'; message: KernelMessage }
  | { kind: 'refuse'; process: ProcessId; error: SendError }
  | { kind: 'start-timer'; key: string; deadlineMs: number }
  | { kind: 'stop-timer'; key: string }
  | { kind: 'drop'; message: KernelMessage; reason: DropReason }

export type Step = { state: KernelState; effects: readonly Effect[] }

/**
 * Routes one message: the checks of kernel.md section 4, in its order. Pure; `nowMs` is the caller's clock.
 *
 * Unlike the reference, runtime modules are told of failures as well as userspace processes, because the http-server
 * makes requests of its own; and the kernel keeps the deadline of each request, so a module needs no timers.
 */
export function receive(state: KernelState, received: KernelMessage, nowMs: number): Step {
  const message = {
    ...received,
    source: resolveOur(state.ourName, received.source),
    target: resolveOur(state.ourName, received.target),
  }
  const sourceIsOurs = message.source.node === state.ourName
  const targetIsOurs = message.target.node === state.ourName
  if (sourceIsOurs && targetIsOurs) return receiveLocal(state, message, nowMs)
  if (sourceIsOurs) return receiveOutbound(state, message, nowMs)
  if (targetIsOurs) return receiveInbound(state, message)
  return drop(state, message, 'target-is-another-node')
}

/** A net error: the request it names stops waiting and its sender hears why. Others are discarded (net.md section 9). */
export function failSend(state: KernelState, error: SendError): Step {
  const key = pendingKey(error.message.id, error.message.source.process)
  const pending = state.pending.get(key)
  if (!pending || error.message.message.kind !== 'request') return { state, effects: [] }
  return {
    state: withoutPending(state, key),
    effects: [
      { kind: 'stop-timer', key },
      { kind: 'refuse', process: error.message.source.process, error },
    ],
  }
}

/** A timer fired. A deadline is a lower bound: a timer that fires early is started again. */
export function expire(state: KernelState, key: string, nowMs: number): Step {
  const pending = state.pending.get(key)
  if (!pending) return { state, effects: [] }
  if (nowMs < pending.deadlineMs) {
    return { state, effects: [{ kind: 'start-timer', key, deadlineMs: pending.deadlineMs }] }
  }
  const { message } = pending
  const error: SendError = { kind: 'timeout', message, reason: 'no response arrived in time' }
  return {
    state: withoutPending(state, key),
    effects: [{ kind: 'refuse', process: message.source.process, error }],
  }
}

function receiveOutbound(state: KernelState, message: KernelMessage, nowMs: number): Step {
  const source = findProcess(state, message.source.process)
  if (!source) return drop(state, message, 'source-unknown')
  if (!holds(source, networkCapability(state.ourName))) {
    return refuse(state, message, 'source-lacks-network', 'the sending process lacks the "network" capability')
  }
  return dispatch(state, message, nowMs, { kind: 'transmit', message })
}

function receiveInbound(state: KernelState, message: KernelMessage): Step {
  const target = findProcess(state, message.target.process)
  if (!target) return drop(state, message, 'target-unknown')
  if (!holds(target, networkCapability(state.ourName))) return drop(state, message, 'target-lacks-network')
  return deliver(state, message)
}

function receiveLocal(state: KernelState, message: KernelMessage, nowMs: number): Step {
  const target = findProcess(state, message.target.process)
  if (!isAlwaysHeard(message.source.process)) {
    const source = findProcess(state, message.source.process)
    if (!source) return drop(state, message, 'source-unknown')
    if (target && !mayMessage(state, source, target)) {
      const reason = `the sending process lacks the messaging capability of ${formatProcessId(target.id)}`
      return refuse(state, message, 'source-lacks-messaging', reason)
    }
  }
  if (!target) {
    const reason = `no process ${formatProcessId(message.target.process)} runs here`
    return refuse(state, message, 'target-unknown', reason)
  }
  if (message.message.kind === 'response') return deliver(state, message)
  return dispatch(state, message, nowMs, { kind: 'deliver', process: target.id, message })
}

/** Hands a message of a local sender on; a request that expects a response starts to wait. */
function dispatch(state: KernelState, message: KernelMessage, nowMs: number, effect: Effect): Step {
  const seconds = message.message.kind === 'request' ? message.message.expectsResponse : undefined
  if (seconds === undefined) return { state, effects: [effect] }
  if (state.pending.size >= PENDING_MAX) {
    const error: SendError = { kind: 'timeout', message, reason: `${PENDING_MAX} requests are waiting already` }
    return { state, effects: [{ kind: 'refuse', process: message.source.process, error }] }
  }
  const key = pendingKey(message.id, message.source.process)
  const waitSeconds = seconds > BigInt(EXPECTS_RESPONSE_MAX_SECONDS) ? EXPECTS_RESPONSE_MAX_SECONDS : Number(seconds)
  const deadlineMs = nowMs + waitSeconds * 1_000
  const pending = new Map(state.pending).set(key, { message, deadlineMs })
  return { state: { ...state, pending }, effects: [{ kind: 'start-timer', key, deadlineMs }, effect] }
}

/**
 * Delivers to a local process. A response is delivered only to a request that still waits for it; it may come from a
 * third process, when the one that was asked passed the request on.
 */
function deliver(state: KernelState, message: KernelMessage): Step {
  const process = message.target.process
  switch (message.message.kind) {
    case 'request':
      return { state, effects: [{ kind: 'deliver', process, message }] }
    case 'response': {
      const key = pendingKey(message.id, process)
      if (!state.pending.has(key)) return drop(state, message, 'response-not-awaited')
      return {
        state: withoutPending(state, key),
        effects: [
          { kind: 'stop-timer', key },
          { kind: 'deliver', process, message },
        ],
      }
    }
    default:
      return unreachable(message.message)
  }
}

function refuse(state: KernelState, message: KernelMessage, why: DropReason, reason: string): Step {
  const effects: Effect[] = [{ kind: 'drop', message, reason: why }]
  if (message.message.kind === 'request' && message.message.expectsResponse !== undefined) {
    const kind: SendErrorKind = 'timeout'
    effects.push({ kind: 'refuse', process: message.source.process, error: { kind, message, reason } })
  }
  return { state, effects }
}

function drop(state: KernelState, message: KernelMessage, reason: DropReason): Step {
  return { state, effects: [{ kind: 'drop', message, reason }] }
}

/** Messages of these three pass without a messaging capability (kernel.md section 4, check 4). */
function isAlwaysHeard(process: ProcessId): boolean {
  return ['kernel:distro:sys', 'state:distro:sys', 'vfs:distro:sys'].includes(formatProcessId(process))
}

function mayMessage(state: KernelState, source: ProcessRecord, target: ProcessRecord): boolean {
  return target.public || holds(source, messagingCapability(state.ourName, target.id))
}

function findProcess(state: KernelState, id: ProcessId): ProcessRecord | undefined {
  return state.processes.get(formatProcessId(id))
}

function withoutPending(state: KernelState, key: string): KernelState {
  const pending = new Map(state.pending)
  pending.delete(key)
  return { ...state, pending }
}
