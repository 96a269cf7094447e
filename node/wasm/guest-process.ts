import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads'
import { formatError, type ProcessAddress, unreachable } from '@hyperware/protocol'
import { copyInTurns } from '../kernel/copy-in-turns.ts'
import type { GuestAnswer, GuestExit, GuestKernel, GuestQuestion, GuestUsage, RunningGuest } from '../kernel/guest.ts'
import type { BusyThreads } from './busy-threads.ts'
import { announceAnswer, createCells, giveCredit, notedMemoryBytes, notedThreadNumber } from './cells.ts'
import { packAnswer, type StartMessage, type ThreadMessage, unpackThreadMessage } from './channel.ts'
import type { CompiledComponent } from './component/component.ts'
import { createLanding } from './landing.ts'
import type { MemoryBound } from './memory-bound.ts'
import type { Packed } from './packing.ts'
import { createStatePace } from './state-pace.ts'
import type { ThreadPool } from './thread-pool.ts'

type State =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly thread: Worker; readonly port: MessagePort; readonly unwatch: () => void }
  | { readonly kind: 'ended'; readonly gone: Promise<unknown> }

type Credit = { readonly messages: number; readonly bytes: number }

const NOTHING_DUE: Credit = { messages: 0, bytes: 0 }

/** Starts a process in a thread of its own, and carries its calls to the kernel and the answers back. */
export function startGuest(
  {
    pool,
    busyThreads,
    memoryBound,
  }: { readonly pool: ThreadPool; readonly busyThreads: BusyThreads; readonly memoryBound: MemoryBound },
  {
    component,
    our,
    kernel,
  }: { readonly component: CompiledComponent; readonly our: ProcessAddress; readonly kernel: GuestKernel },
): RunningGuest {
  const cells = createCells()
  const landing = createLanding()
  const statePace = createStatePace(() => performance.now())
  let state: State = { kind: 'waiting' }
  let cpuMs = 0
  let due = NOTHING_DUE
  let cpuMsBefore = Promise.resolve(0)
  const tenant = memoryBound.enter({ id: our.process, end: (reason) => end({ kind: 'trapped', reason }) })
  /** Runs while a guest that reads its state again has to wait; its thread sleeps meanwhile and asks nothing else. */
  let pause: NodeJS.Timeout | undefined

  function begin(thread: Worker): void {
    if (state.kind !== 'waiting') {
      pool.putBack(thread)
      return
    }
    const { port1: port, port2 } = new MessageChannel()
    state = { kind: 'running', thread, port, unwatch: busyThreads.watch(() => notedThreadNumber(cells)) }
    cpuMsBefore = readCpuMs(thread).catch(() => 0)
    port.on('message', take)
    thread.on('error', (error) => died(port, deathReason(error)))
    thread.on('exit', (code) => died(port, `its thread ended with code ${code}`))
    thread.postMessage({ component, our, cells, port: port2 } satisfies StartMessage, [port2])
  }

  function take(values: Packed['values']): void {
    if (state.kind !== 'running') return
    const message = unpackThreadMessage(values)
    switch (message.kind) {
      case 'act':
        kernel.act(message.action, giveBackAfter(message))
        return
      case 'ask': {
        const waitMs = message.question.kind === 'get-state' ? statePace.waitMs() : 0
        if (waitMs === 0) ask(message.question)
        else pause = setTimeout(ask, waitMs, message.question)
        return
      }
      case 'hold':
        tenant.hold(message.bytes, () => answer({ kind: 'done' }))
        return
      case 'exited':
        end(message.exit)
        return
      default:
        unreachable(message)
    }
  }

  function ask(question: GuestQuestion): void {
    kernel.ask(question, answer)
  }

  function answer(given: GuestAnswer): void {
    if (state.kind !== 'running') return
    try {
      const packed = packAnswer(given, landing)
      if (given.kind === 'state') statePace.took(given.bytes?.length ?? 0)
      if (packed.copies.length === 0) send(packed)
      else sendCopied(packed).catch(endUnanswered)
    } catch (error) {
      endUnanswered(error)
    }
  }

  /** For lack of memory, as a rule. The guest would wait for ever. */
  function endUnanswered(error: unknown): void {
    end({ kind: 'trapped', reason: `it could not be handed an answer: ${formatError(error)}` })
  }

  /** The guest waits for this one answer, so nothing can overtake it. */
  async function sendCopied(packed: Packed): Promise<void> {
    for (const copy of packed.copies) await copyInTurns(copy)
    send(packed)
  }

  function send({ values, buffers }: Packed): void {
    if (state.kind !== 'running') return
    state.port.postMessage(values, buffers)
    announceAnswer(cells)
  }

  /** What messages take, the kernel gives back. */
  function giveBackAfter({ action, cost }: Extract<ThreadMessage, { kind: 'act' }>): (() => void) | undefined {
    return action.kind === 'send' || action.kind === 'respond' ? undefined : () => giveBackSoon(cost)
  }

  /** Not at once: so a flood of prints takes one turn of the node's loop for each 256, and leaves turns to everybody else. */
  function giveBackSoon(bytes: number): void {
    if (due.messages === 0) setImmediate(giveBackDue)
    due = { messages: due.messages + 1, bytes: due.bytes + bytes }
  }

  function giveBackDue(): void {
    giveCredit(cells, due)
    due = NOTHING_DUE
  }

  /** The thread is gone without a word; what it sent before still counts. */
  function died(port: MessagePort, reason: string): void {
    for (let left = receiveMessageOnPort(port); left !== undefined; left = receiveMessageOnPort(port)) {
      take(left.message as Packed['values'])
    }
    end({ kind: 'trapped', reason })
  }

  function end(exit: GuestExit): void {
    if (state.kind === 'ended') return
    void stop()
    kernel.exited(exit)
  }

  function stop(): Promise<unknown> {
    if (state.kind === 'ended') return state.gone
    clearTimeout(pause)
    const gone = state.kind === 'running' ? state.thread.terminate() : Promise.resolve()
    if (state.kind === 'running') {
      state.unwatch()
      state.port.close()
    }
    state = { kind: 'ended', gone }
    tenant.leave(gone)
    return gone
  }

  async function usage(): Promise<GuestUsage> {
    // A thread that ends meanwhile leaves the last value.
    if (state.kind === 'running') cpuMs = await readCpuMs(state.thread).catch(() => cpuMs)
    return { cpuMs: Math.max(0, cpuMs - (await cpuMsBefore)), memoryBytes: notedMemoryBytes(cells) }
  }

  tenant.hold(component.memory.minimumBytes, () => {
    pool
      .take()
      .then(begin)
      .catch((error: unknown) => end({ kind: 'trapped', reason: `it could not be started: ${formatError(error)}` }))
  })
  return {
    kill: async () => void (await stop()),
    usage,
    giveCredit: (credit) => giveCredit(cells, credit),
  }
}

function deathReason(error: unknown): string {
  const outOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  return outOfMemory ? 'values on their way into or out of the process took too much memory' : formatError(error)
}

async function readCpuMs(thread: Worker): Promise<number> {
  const { user, system } = await thread.cpuUsage()
  return (user + system) / 1_000
}
