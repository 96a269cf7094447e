import { formatAddress, formatProcessId, type KernelMessage, type ProcessId, unreachable } from '@hyperware/protocol'
import { type Effect, expire, failSend, receive } from './kernel.ts'
import type { Log } from './log.ts'
import { createKernelState, type KernelState, type SendError } from './state.ts'

/** What a module finds in its inbox. */
export type Delivery = { kind: 'message'; message: KernelMessage } | { kind: 'send-error'; error: SendError }

/** A runtime module as the kernel knows it. `inbox` must not throw; a throw is logged and the message is lost. */
export type ModuleInbox = { id: ProcessId; public: boolean; inbox: (delivery: Delivery) => void }

/** The running kernel. */
export type KernelLoop = {
  /** Takes a message of a local process, or one that net authenticated. False when the queue is full. */
  send: (message: KernelMessage) => boolean
  /** Takes net's word that a message did not get through. */
  sendFailed: (error: SendError) => void
  stop: () => void
}

/** Messages and errors that may wait for the loop. */
export const QUEUE_MAX = 10_000
/** Steps taken before other work of the process gets its turn. */
const BATCH = 256
/** Longest wait one timer of the platform can hold, in milliseconds. */
const TIMER_MAX_MS = 2 ** 31 - 1

type LoopEvent =
  | { kind: 'message'; message: KernelMessage }
  | { kind: 'send-failed'; error: SendError }
  | { kind: 'timer'; key: string }

/**
 * Runs the pure step: one queue, first in first out, so what one process sends another arrives in order. `transmit`
 * hands a message for another node to net.
 */
export function startKernel(deps: {
  ourName: string
  modules: readonly ModuleInbox[]
  transmit: (message: KernelMessage) => void
  now: () => number
  log: Log
}): KernelLoop {
  let state: KernelState = createKernelState(deps.ourName, deps.modules)
  const inboxes = new Map(deps.modules.map((module) => [formatProcessId(module.id), module.inbox]))
  const timers = new Map<string, NodeJS.Timeout>()
  let queue: LoopEvent[] = []
  let scheduled: NodeJS.Immediate | undefined
  let stopped = false

  function enqueue(event: LoopEvent): boolean {
    if (stopped) return false
    // Errors and timers settle requests that are bounded already, so only messages are turned away.
    if (event.kind === 'message' && queue.length >= QUEUE_MAX) {
      deps.log.error('kernel-queue-full', { limit: QUEUE_MAX, target: formatAddress(event.message.target) })
      return false
    }
    queue.push(event)
    scheduled ??= setImmediate(drain)
    return true
  }

  function drain(): void {
    scheduled = undefined
    const batch = queue.slice(0, BATCH)
    queue = queue.slice(BATCH)
    for (const event of batch) {
      const step = take(event)
      state = step.state
      for (const effect of step.effects) perform(effect)
    }
    if (queue.length > 0 && !stopped) scheduled ??= setImmediate(drain)
  }

  function take(event: LoopEvent): { state: KernelState; effects: readonly Effect[] } {
    switch (event.kind) {
      case 'message':
        return receive(state, event.message, deps.now())
      case 'send-failed':
        return failSend(state, event.error)
      case 'timer':
        return expire(state, event.key, deps.now())
      default:
        return unreachable(event)
    }
  }

  function perform(effect: Effect): void {
    switch (effect.kind) {
      case 'deliver':
        return hand(effect.process, { kind: 'message', message: effect.message })
      case 'refuse':
        return hand(effect.process, { kind: 'send-error', error: effect.error })
      case 'transmit':
        return deps.transmit(effect.message)
      case 'start-timer':
        return startTimer(effect.key, effect.deadlineMs)
      case 'stop-timer':
        clearTimeout(timers.get(effect.key))
        timers.delete(effect.key)
        return
      case 'drop':
        return logDrop(deps.log, effect.message, effect.reason)
      default:
        return unreachable(effect)
    }
  }

  function hand(process: ProcessId, delivery: Delivery): void {
    const inbox = inboxes.get(formatProcessId(process))
    try {
      inbox?.(delivery)
    } catch (error) {
      deps.log.error('module-failed', { process: formatProcessId(process), error })
    }
  }

  function startTimer(key: string, deadlineMs: number): void {
    clearTimeout(timers.get(key))
    const waitMs = Math.min(Math.max(0, deadlineMs - deps.now()), TIMER_MAX_MS)
    const timer = setTimeout(() => {
      timers.delete(key)
      enqueue({ kind: 'timer', key })
    }, waitMs)
    timers.set(key, timer)
  }

  return {
    send: (message) => enqueue({ kind: 'message', message }),
    sendFailed: (error) => void enqueue({ kind: 'send-failed', error }),
    stop() {
      stopped = true
      clearImmediate(scheduled)
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      queue = []
    },
  }
}

function logDrop(log: Log, message: KernelMessage, reason: string): void {
  const fields = { reason, source: formatAddress(message.source), target: formatAddress(message.target) }
  if (reason === 'response-not-awaited') log.debug('message-dropped', fields)
  else log.warn('message-dropped', fields)
}
