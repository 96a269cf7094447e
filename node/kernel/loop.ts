import {
  type Capability,
  formatError,
  formatProcessId,
  KERNEL_PROCESS,
  type KernelMessage,
  OUR,
  type ProcessId,
  unreachable,
} from '@hyperware/protocol'
import { type BootInput, loadProcesses, prepareAll, prepareComponent, startAll } from './boot.ts'
import { hasRoom } from './delivery.ts'
import { createDeadlines, platformTimer, type Schedule } from './deadlines.ts'
import { type ProcessDiagnostics, snapshot } from './diagnostics.ts'
import type { Delivery, Effect, KernelEvent, Print, SendError } from './effects.ts'
import type { GuestRunner } from './guest.ts'
import type { Mail } from './inbox.ts'
import { createKernel, type Kernel, type KernelDeps } from './kernel.ts'
import { COMMITS_MAX, TICK_MS } from './limits.ts'
import { holds, type Instance, type Process } from './process.ts'
import { addCapability } from './rights.ts'
import { createRunningGuests } from './running-guests.ts'
import { signCapability } from './signing.ts'
import { settle, take } from './step.ts'
import type { KernelStore } from './store.ts'

export type { Delivery, Print, SendError } from './effects.ts'
export { runtimeModule } from './process.ts'

/**
 * A runtime module as the kernel knows it. What `inbox` is handed counts as taken when it returns, or when its promise
 * settles; until then it counts against its sender's credits. A throw is printed, and the message is lost.
 */
export type ModuleInbox = {
  readonly id: ProcessId
  readonly public: boolean
  readonly inbox: (delivery: Delivery) => void | Promise<void>
}

/** What a runtime module may ask about the rights of a process, and give it (kernel.md section 9.3). */
export type Oracle = {
  has: (process: ProcessId, capability: Capability) => boolean
  /** Whether there is such a process, running or waiting to be started again. */
  knows: (process: ProcessId) => boolean
  /**
   * In force at once; resolves when it would survive a loss of power, so wait for that before saying that it is done. Of
   * an absent process nothing happens.
   */
  grant: (process: ProcessId, capabilities: readonly Capability[]) => Promise<void>
}

/** The running kernel. */
export type KernelLoop = Oracle & {
  /** Takes a message of a runtime module. False when too much waits, here or at the target. */
  send: (message: KernelMessage) => boolean
  /** Takes a message of another node, which net authenticated. */
  receive: (message: KernelMessage) => void
  /** Takes net's word that a message did not get through. */
  sendFailed: (error: SendError) => void
  /** Starts the processes that were running before, and those of the packages. Call once, when the modules are there. */
  boot: (input: BootInput) => Promise<void>
  diagnostics: () => Promise<readonly ProcessDiagnostics[]>
  /** Ids of processes that this boot left out, which are kept all the same, with the rights they issued. */
  leftOut: () => readonly string[]
  /** Calls back with every message that passes, until told to stop (kernel.md section 15, levels 3 and 4). */
  observe: (observer: ((message: KernelMessage) => void) | undefined) => void
  /** Ends every instance, without its on-exit, and waits until everything is on disk; says what could not be written. */
  stop: () => Promise<void>
}

export type LoopDeps = KernelDeps & {
  readonly modules: readonly ModuleInbox[]
  /** Hands a message for another node to net. */
  readonly transmit: (message: KernelMessage) => void
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  readonly print: (print: Print) => void
  readonly store: KernelStore
  /** Undefined in a node that runs its modules only: then nothing can be initialized. */
  readonly runner: GuestRunner | undefined
  /** What the linear memories of a guest may hold together when its package asks for nothing else. */
  readonly memoryMaxBytes: number
  /** A local process asked for the whole node to end. */
  readonly shutDown: () => void
  /** Default: the platform's timer. */
  readonly schedule?: Schedule
}

/** Events that may wait for the loop. */
export const QUEUE_MAX = 100_000
/** Events taken before other work of this thread gets its turn. */
const BATCH = 1_024
/** Processes that a complaint about several of them names. */
const NAMED_MAX = 10

/**
 * Runs the step: one queue, first in first out, so what one process sends another arrives in order. An event is taken at
 * once, in the call that brings it; only what comes up while another is being taken has to wait.
 */
export function startKernel(deps: LoopDeps): KernelLoop {
  const kernel: Kernel = createKernel(deps)
  const schedule = deps.schedule ?? platformTimer
  const inboxes = new Map(deps.modules.map((module) => [formatProcessId(module.id), module.inbox]))
  const deadlines = createDeadlines({ schedule, now: deps.now }, (timer) => enqueue({ kind: 'timer', timer }))
  const guests = createRunningGuests({ runner: deps.runner, enqueue, whenKept, complain })
  let observer: ((message: KernelMessage) => void) | undefined
  let queue: KernelEvent[] = []
  let next = 0
  let draining = false
  let rest: NodeJS.Immediate | undefined
  let stopped = false
  /** Its rejection is handled where it is made. */
  let lastCommit: Promise<void> = Promise.resolve()
  /** On their way to the disk. */
  let commits = 0

  function enqueue(event: KernelEvent): void {
    if (stopped) return
    queue.push(event)
    if (!draining && rest === undefined) drain()
  }

  function drain(): void {
    rest = undefined
    draining = true
    const end = next + BATCH
    while (next < queue.length && next < end) {
      const event = queue[next] as KernelEvent
      next += 1
      takeOne(event)
    }
    draining = false
    if (next < queue.length && !stopped) {
      queue = queue.slice(next)
      rest = setImmediate(drain)
    } else queue = []
    next = 0
  }

  function takeOne(event: KernelEvent): void {
    if (stopped) return
    try {
      performAll(take(kernel, event, deps.now()))
    } catch (error) {
      complain('the kernel', `the kernel failed at an event of kind ${event.kind}: ${formatError(error)}`)
      // Whoever asked must not wait for ever.
      if (event.kind === 'ask')
        guests.answer(event.instance, { kind: 'trap', reason: 'the kernel failed at this call' })
    }
  }

  function performAll(effects: readonly Effect[]): void {
    for (const effect of effects) {
      try {
        perform(effect)
      } catch (error) {
        complain('the kernel', `the kernel failed at an effect of kind ${effect.kind}: ${formatError(error)}`)
      }
    }
  }

  function perform(effect: Effect): void {
    switch (effect.kind) {
      case 'hand':
        return hand(effect.process, effect.mail)
      case 'transmit':
        return deps.transmit(effect.message)
      case 'answer':
        return guests.answer(effect.instance, effect.answer)
      case 'credit':
        return guests.giveCredit(effect.instance, { messages: effect.messages, bytes: effect.bytes })
      case 'read-state':
        return readState(effect.instance)
      case 'start-timer':
        return deadlines.start(effect.timer, effect.deadlineMs)
      case 'stop-timer':
        return deadlines.stop(effect.subject)
      case 'prepare':
        return prepare(effect.process, effect.wasm)
      case 'start':
        return guests.start(effect)
      case 'kill':
        return guests.kill(effect.instance)
      case 'commit':
        return commit(effect)
      case 'acknowledge':
        return enqueue(effect)
      case 'print':
        return deps.print(effect.print)
      case 'observe':
        return observer?.(effect.message)
      case 'shut-down':
        return deps.shutDown()
      default:
        return unreachable(effect)
    }
  }

  function complain(subject: string, text: string): void {
    try {
      deps.print({ verbosity: 0, source: KERNEL_PROCESS, text, subject })
    } catch (error) {
      // The terminal itself is what fails: the platform is the only one left to tell.
      process.emitWarning(`${text} (and it cannot be printed: ${formatError(error)})`)
    }
  }

  function hand(process: Process, mail: Mail): void {
    const taken = (): void => enqueue({ kind: 'taken', process, mail })
    const failed = (error: unknown): void => {
      complain(process.key, `${process.key} failed at a message: ${formatError(error)}`)
      taken()
    }
    try {
      const settled = inboxes.get(process.key)?.(deliveryOf(mail))
      if (settled === undefined) taken()
      else settled.then(taken, failed)
    } catch (error) {
      failed(error)
    }
  }

  function readState(instance: Instance): void {
    deps.store.readState(instance.process.key).then(
      (bytes) => guests.answer(instance, { kind: 'state', bytes }),
      (error: unknown) => {
        // As if there were none: what the reference gives for any failure (kernel.md section 5.7).
        complain(instance.process.key, `the state of ${instance.process.key} cannot be read: ${formatError(error)}`)
        guests.answer(instance, { kind: 'state', bytes: undefined })
      },
    )
  }

  function prepare(process: Process, wasm: Uint8Array): void {
    prepareComponent(deps, process, wasm).then(
      (prepared) => enqueue({ kind: 'prepared', process, prepared }),
      (error: unknown) => enqueue({ kind: 'not-prepared', process, reason: formatError(error) }),
    )
  }

  /** A guest that changes what is kept faster than the disk takes it would fill the memory with changes. */
  function whenKept(done: () => void): void {
    if (commits <= COMMITS_MAX) done()
    else void giveBackAfter(lastCommit, done)
  }

  function commit({ changes, written, failed }: Extract<Effect, { kind: 'commit' }>): void {
    lastCommit = deps.store.commit(changes)
    commits += 1
    lastCommit.then(
      () => {
        commits -= 1
        return performAll(written)
      },
      (error: unknown) => {
        commits -= 1
        performAll(failed)
        // At once, before anybody hears that what came after it is on disk.
        performAll(take(kernel, { kind: 'commit-failed', changes, reason: formatError(error) }, deps.now()))
      },
    )
  }

  /** Resolves when everything so far would survive a loss of power; rejects when it could not be written. */
  async function kept(): Promise<void> {
    performAll(settle(kernel, { keepAll: true }))
    const { failedCommits } = kernel
    await lastCommit
    // Something before it failed, and may only be on its way again.
    if (kernel.failedCommits !== failedCommits) await kept()
  }

  function scheduleTick(): () => void {
    return schedule(() => {
      enqueue({ kind: 'tick' })
      if (!stopped) cancelTick = scheduleTick()
    }, TICK_MS)
  }

  performAll(loadProcesses(kernel, deps.modules, deps.store))
  let cancelTick = scheduleTick()

  return {
    send(message) {
      if (stopped || queue.length - next >= QUEUE_MAX) return false
      const { node } = message.target
      const local = node === deps.ourName || node === OUR
      const target = local ? kernel.processes.get(formatProcessId(message.target.process)) : undefined
      // For a response without room, the step tells whoever waits for it.
      const isRequest = message.message.kind === 'request'
      if (isRequest && target !== undefined && !hasRoom(target, message)) return false
      enqueue({ kind: 'send', message })
      return true
    },
    receive(message) {
      if (queue.length - next < QUEUE_MAX) enqueue({ kind: 'receive', message })
      else
        complain('the network', `dropped a message of ${message.source.node}: ${QUEUE_MAX} events wait for the kernel`)
    },
    sendFailed: (error) => enqueue({ kind: 'send-failed', error }),
    has(process, capability) {
      const holder = kernel.processes.get(formatProcessId(process))
      return holder !== undefined && holds(holder, capability)
    },
    knows: (process) => kernel.processes.has(formatProcessId(process)),
    grant(process, capabilities) {
      const holder = kernel.processes.get(formatProcessId(process))
      if (holder === undefined) return Promise.resolve()
      for (const capability of capabilities) addCapability(kernel, holder, signCapability(kernel, capability))
      const written = kept()
      written.catch(() => undefined) // it has been printed, so whoever asked may ignore it
      return written
    },
    async boot(input) {
      const { processes, effects } = startAll(kernel, input)
      performAll(effects)
      await prepareAll(deps, processes, input.readComponent, enqueue)
      enqueue({ kind: 'booted' })
    },
    diagnostics: () =>
      snapshot(kernel, {
        usageOf: guests.usageOf,
        memoryDefaultBytes: deps.memoryMaxBytes,
      }),
    leftOut: () => [...kernel.leftOut.keys()],
    observe(callback) {
      observer = callback
      kernel.observed = callback !== undefined
    },
    async stop() {
      if (stopped) return
      guests.killAll()
      stopped = true
      clearImmediate(rest)
      cancelTick()
      deadlines.stopAll()
      await guests.gone()
      // What is under way may fail, and is then tried once more.
      await settled(lastCommit)
      performAll(settle(kernel, { keepAll: true }))
      await settled(lastCommit)
      if (kernel.unwritten.size === 0) return
      const lost = [...kernel.unwritten].slice(0, NAMED_MAX).join(', ')
      const more = kernel.unwritten.size > NAMED_MAX ? ` and ${kernel.unwritten.size - NAMED_MAX} more` : ''
      complain('the store', `the node ends with changes that could not be written, of ${lost}${more}`)
    },
  }
}

function deliveryOf({ message, error }: Mail): Delivery {
  if (error === undefined) return { kind: 'message', message }
  return { kind: 'send-error', error: { ...error, message } }
}

async function giveBackAfter(commit: Promise<void>, done: () => void): Promise<void> {
  await settled(commit)
  done()
}

/** Whether it failed is known to who wrote it. */
function settled(commit: Promise<void>): Promise<void> {
  return commit.catch(() => undefined)
}
